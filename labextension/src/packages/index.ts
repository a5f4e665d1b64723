/** The package panel at the left: what the project has installed, and changes to it. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { extensionIcon } from '@jupyterlab/ui-components';

import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import { PackageActions } from './actions.js';
import { PACKAGES_EVENT, PackagesModel } from './model.js';
import { PackagesPanel } from './panel.js';
import { PackagesApi } from './restapi.js';
import { PackageCommands } from './tokens.js';

const packages: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:packages',
  description: 'Shows what a project has installed, and installs, upgrades and removes.',
  autoStart: true,
  requires: [ILabShell, IDocumentManager, IDefaultFileBrowser, IPlaces, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('platform');
    const api = new PackagesApi(new ServerApi(app.serviceManager.serverSettings));
    const model = new PackagesModel({
      listing: project => api.listing(project),
      order: (project, order) => api.order(project, order),
      follow: project => api.follow(project),
      cancel: project => api.cancel(project),
      words: reason => wordsOf(reason, trans)
    });
    const actions = new PackageActions({ api, model, trans });
    const panel = new PackagesPanel({ model, actions, trans });
    panel.title.icon = extensionIcon;
    panel.title.caption = trans.__('Packages');
    shell.add(panel, 'left', { rank: 450 });
    restorer?.add(panel, panel.id);
    follow({ app, shell, documents, browser, model, places });
    app.commands.addCommand(PackageCommands.show, {
      label: trans.__('Show Packages'),
      caption: trans.__('What the project has installed'),
      icon: args => (args.isPalette === true ? undefined : extensionIcon),
      execute: () => shell.activateById(panel.id)
    });
    palette?.addItem({ command: PackageCommands.show, category: trans.__('Project') });
  }
};

interface IFollowOptions {
  readonly app: JupyterFrontEnd;
  readonly shell: ILabShell;
  readonly documents: IDocumentManager;
  readonly browser: IDefaultFileBrowser;
  readonly model: PackagesModel;
  readonly places: IPlaces;
}

/** Keep the model at the project in front, and in step with what is installed elsewhere. */
function follow(options: IFollowOptions): void {
  const { app, shell, documents, browser, model, places } = options;
  let turn = 0;
  const look = async () => {
    const mine = ++turn;
    const widget = shell.currentWidget;
    const context = widget === null ? undefined : documents.contextForWidget(widget);
    const place = await places.place(context?.path ?? browser.model.path).catch(() => null);
    if (mine === turn) {
      model.follow(place);
    }
  };
  shell.currentChanged.connect(() => void look());
  browser.model.pathChanged.connect(() => void look());
  app.serviceManager.events.stream.connect((_, event) => {
    if (event.schema_id === PACKAGES_EVENT) {
      model.note(event.project_id);
    }
  });
  void app.restored.then(look);
}

export default packages;
