/** Who reviews a project, and what points are given for: for owners, and for admins. */

import {
  ILabStatus,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';

import { personFromIdentity } from '../account/model.js';
import { projectOfPath } from '../projects/paths.js';
import { IPlaces, type IProject } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import type { DeskTab } from './page.js';
import { DeskApi } from './restapi.js';
import { DeskCommands } from './tokens.js';

const OF_ALL = ''; // in the place of a project's id

const desk: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:desk',
  description: 'Names the reviewers of projects, and edits rubrics.',
  autoStart: true,
  requires: [IDefaultFileBrowser, IPlaces, ITranslator],
  optional: [ICommandPalette, ILabStatus],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    translator: ITranslator,
    palette: ICommandPalette | null,
    status: ILabStatus | null
  ) => {
    const trans = translator.load('platform');
    const tabs = new Tabs(app, status, trans);
    const category = trans.__('Review');
    app.commands.addCommand(DeskCommands.project, {
      label: trans.__('Reviewers and Rubric…'),
      caption: trans.__('Say who reviews the project, and what there are points for'),
      isEnabled: args => typeof args.project === 'string' || projectOfPath(browser.model.path) !== '',
      execute: async args => {
        const { project: id } = args;
        const project = await (
          typeof id === 'string' ? places.withId(id) : places.project(browser.model.path)
        ).catch(() => null);
        return project?.role === 'owner' ? tabs.openProject(project) : refuse(trans);
      }
    });
    palette?.addItem({ command: DeskCommands.project, category });
    const { user } = app.serviceManager;
    const offer = () => {
      // The server refuses others in any case.
      if (personFromIdentity(user.identity).role === 'admin') {
        app.commands.addCommand(DeskCommands.installation, {
          label: trans.__('Rubric of All Projects…'),
          caption: trans.__('Say what there are points for in projects without a rubric of their own'),
          execute: () => tabs.openInstallation()
        });
        palette?.addItem({ command: DeskCommands.installation, category });
      }
    };
    void user.ready.then(offer, () => undefined);
  }
};

function refuse(trans: TranslationBundle): Promise<void> {
  return showErrorMessage(
    trans.__('Reviewers and rubric'),
    trans.__('Only who owns a project says who reviews it: open a project of yours first.')
  );
}

/** The tabs that are open, one for each project. */
class Tabs {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _status: ILabStatus | null,
    private readonly _trans: TranslationBundle
  ) {
    this._api = new DeskApi(new ServerApi(_app.serviceManager.serverSettings));
  }

  openProject({ id, folder }: IProject): Promise<void> {
    return this._open(id, this._trans.__('Reviewing: %1', folder));
  }

  openInstallation(): Promise<void> {
    return this._open(OF_ALL, this._trans.__('Rubric of all projects'));
  }

  private async _open(project: string, title: string): Promise<void> {
    const known = this._tabs.get(project);
    if (known === undefined) {
      const tab = await this._made(project, title);
      this._tabs.set(project, tab);
      tab.disposed.connect(() => this._tabs.delete(project));
      this._app.shell.add(tab, 'main');
    } else {
      void known.refresh();
    }
    this._app.shell.activateById(tabId(project));
  }

  private async _made(project: string, title: string): Promise<DeskTab> {
    const { DeskTab, ReviewersModel, RubricModel } = await import(
      /* webpackChunkName: "desk" */ './editor.js'
    );
    const { _api: api, _trans: trans } = this;
    const words = (reason: unknown) => wordsOf(reason, trans);
    const isOfAll = project === OF_ALL;
    const rubric = new RubricModel(
      isOfAll
        ? { load: () => api.rubricOfAll(), save: (...sent) => api.saveRubricOfAll(...sent) }
        : {
            load: () => api.rubric(project),
            save: (...sent) => api.saveRubric(project, ...sent)
          },
      words
    );
    const reviewers = isOfAll ? null : new ReviewersModel(api, project, words);
    const tab = new DeskTab({ title, reviewers, rubric, trans }, () => this._setDirty());
    tab.id = tabId(project);
    tab.title.icon = checkIcon;
    return tab;
  }

  private _setDirty() {
    return this._status?.setDirty() ?? { dispose: () => undefined };
  }

  private readonly _api: DeskApi;
  private readonly _tabs = new Map<string, DeskTab>();
}

function tabId(project: string): string {
  return `platform-desk-${project}`;
}

export default desk;
