/** Projects in the page: the file browser's top, commands, and where new things go. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { addIcon } from '@jupyterlab/ui-components';

import { ServerApi } from '../server/api.js';
import { chooseByDialog, createByDialog } from './dialogs.js';
import { Projects } from './model.js';
import { projectOfPath } from './paths.js';
import { Places } from './places.js';
import { createProject, listProjects } from './restapi.js';
import services from './services.js';
import { IPlaces, IProjectGate, IProjects, ProjectCommands } from './tokens.js';
import { ProjectsHead } from './widget.js';

// The file browser's own buttons for folders and uploads make no sense where only projects are.
const AT_TOP = 'platform-mod-top';

const projects: JupyterFrontEndPlugin<IProjects> = {
  id: 'platform-labextension:projects',
  description: 'Makes projects of the folders at the top of the file browser.',
  autoStart: true,
  requires: [ITranslator, IDefaultFileBrowser, IProjectGate],
  optional: [ICommandPalette, IMainMenu],
  provides: IProjects,
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    browser: IDefaultFileBrowser,
    gate: IProjectGate,
    palette: ICommandPalette | null,
    mainMenu: IMainMenu | null
  ): IProjects => {
    const trans = translator.load('platform');
    const model = makeModel(app);
    follow(model, browser, app);
    addCommands(app, model, browser, trans);
    addHead(app, model, browser, trans);
    gate.chooser = async () => {
      if (projectOfPath(browser.model.path) !== '') {
        return browser.model.path;
      }
      const folder = await chooseByDialog(model, trans);
      await browser.model.cd(`/${folder}`);
      return folder;
    };
    palette?.addItem({ command: ProjectCommands.create, category: trans.__('Projects') });
    mainMenu?.fileMenu.newMenu.addGroup([{ command: ProjectCommands.create }], 0);
    return model;
  }
};

const places: JupyterFrontEndPlugin<IPlaces> = {
  id: 'platform-labextension:places',
  description: 'Finds the projects that paths lie in.',
  autoStart: true,
  provides: IPlaces,
  activate: ({ serviceManager }: JupyterFrontEnd) => {
    const api = new ServerApi(serviceManager.serverSettings);
    const places = new Places(() => listProjects(api));
    serviceManager.contents.fileChanged.connect((_, { oldValue, newValue }) => {
      // At the top, what changed is a project.
      if ([oldValue?.path, newValue?.path].some(path => path?.includes('/') === false)) {
        places.forget();
      }
    });
    return places;
  }
};

function makeModel(app: JupyterFrontEnd): Projects {
  const { contents, serverSettings } = app.serviceManager;
  const api = new ServerApi(serverSettings);
  return new Projects({
    create: name => createProject(api, name),
    list: async () => (await contents.get('', { content: true })).content as Projects.Listing
  });
}

/** Keep the model in step with what the file browser and others do. */
function follow(model: Projects, browser: IDefaultFileBrowser, app: JupyterFrontEnd): void {
  const refresh = () =>
    void model.refresh().catch((reason: unknown) => {
      console.warn('The projects cannot be listed', reason);
    });
  browser.model.pathChanged.connect((_, change) => {
    model.visit(change.newValue);
    if (change.newValue === '') {
      refresh();
    }
  });
  app.serviceManager.contents.fileChanged.connect((_, change) => {
    const path = change.newValue?.path ?? change.oldValue?.path ?? '';
    if (!path.includes('/')) {
      refresh();
    }
  });
  void browser.model.restored.then(() => model.visit(browser.model.path));
  refresh();
}

function addCommands(
  app: JupyterFrontEnd,
  model: Projects,
  browser: IDefaultFileBrowser,
  trans: TranslationBundle
): void {
  app.commands.addCommand(ProjectCommands.create, {
    label: args => (args.isLauncher === true ? trans.__('New project') : trans.__('New Project…')),
    caption: trans.__('Make a project, with files and a sandbox of its own'),
    icon: args => (args.isPalette === true ? undefined : addIcon),
    execute: async () => {
      const folder = await createByDialog(model, trans);
      if (folder !== null) {
        await browser.model.cd(`/${folder}`);
      }
      return folder;
    }
  });
  app.commands.addCommand(ProjectCommands.open, {
    label: args => (typeof args.project === 'string' ? args.project : trans.__('Open Project')),
    execute: args => browser.model.cd(`/${String(args.project ?? '')}`)
  });
}

function addHead(
  app: JupyterFrontEnd,
  model: Projects,
  browser: IDefaultFileBrowser,
  trans: TranslationBundle
): void {
  const head = new ProjectsHead({
    projects: model,
    trans,
    onCreate: () => void app.commands.execute(ProjectCommands.create)
  });
  const show = () => {
    const isTop = projectOfPath(browser.model.path) === '';
    browser.header.setHidden(!isTop);
    browser.toggleClass(AT_TOP, isTop);
  };
  browser.header.addWidget(head);
  browser.model.pathChanged.connect(show);
  show();
}

export default [...services, places, projects];
