/** The history panel at the right: earlier states, comparisons, checkpoints, what was deleted. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';
import { Debouncer } from '@lumino/polling';

import { IPlaces, ISaveConflicts } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import { whenQuiet } from '../startup/quiet.js';
import { HistoryActions } from './actions.js';
import { tellConflict } from './conflicts.js';
import { OpenDocuments } from './documents.js';
import { HistoryModel } from './model.js';
import { HistoryPanel } from './panel.js';
import { HistoryApi } from './restapi.js';
import { Stage } from './stage.js';
import { HistoryCommands } from './tokens.js';

// Saving tells of itself several times.
const SETTLING = 300; // milliseconds

const history: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:history',
  description: 'Shows what files were, compares, and brings back.',
  autoStart: true,
  requires: [
    ILabShell,
    IDocumentManager,
    IDefaultFileBrowser,
    IEditorLanguageRegistry,
    IPlaces,
    IRenderMimeRegistry,
    ISaveConflicts,
    ITranslator
  ],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser,
    languages: IEditorLanguageRegistry,
    places: IPlaces,
    rendermime: IRenderMimeRegistry,
    conflicts: ISaveConflicts,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('platform');
    const api = new HistoryApi(new ServerApi(app.serviceManager.serverSettings));
    const model = new HistoryModel({
      revisions: (place, before) => api.revisions(place.projectId, place.path, before),
      gone: (project, before) => api.gone(project, before),
      checkpoints: project => api.checkpoints(project),
      words: reason => wordsOf(reason, trans)
    });
    const stage = new Stage({ app, api, documents, languages, rendermime, trans });
    const actions = new HistoryActions({
      api,
      documents: new OpenDocuments(app, documents),
      stage,
      trans,
      onChange: () => {
        void model.refresh();
        void browser.model.refresh();
      }
    });
    const panel = new HistoryPanel({ model, actions, trans });
    panel.title.icon = historyIcon;
    panel.title.caption = trans.__('History');
    shell.add(panel, 'right', { rank: 600 });
    restorer?.add(panel, panel.id);
    const look = follow({ app, shell, documents, browser, model, places });
    addCommands(app, shell, model, actions, trans);
    conflicts.happened.connect((_, conflict) => {
      const compare = async () => {
        const copy = await places.place(conflict.copy);
        const place = await places.place(conflict.path);
        const [newest] = copy
          ? (await api.revisions(copy.projectId, copy.path, null)).revisions
          : [];
        if (place !== null && newest !== undefined) {
          actions.compareCopy(place, place.path, newest);
        }
      };
      tellConflict(conflict, { compare, open: path => stage.open(path) }, trans);
      void model.refresh();
      void browser.model.refresh();
    });
    app.commands.addCommand(HistoryCommands.showOf, {
      label: trans.__('History'),
      caption: trans.__('What this file was before'),
      icon: historyIcon,
      execute: () => {
        const item = browser.selectedItems().next().value;
        if (item !== undefined) {
          look(item.path);
          model.show('file');
          shell.activateById(panel.id);
        }
      }
    });
    const category = trans.__('History');
    palette?.addItem({ command: HistoryCommands.show, category });
    palette?.addItem({ command: HistoryCommands.checkpoint, category });
    app.contextMenu.addItem({
      command: HistoryCommands.showOf,
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 11
    });
  }
};

interface IFollowOptions {
  readonly app: JupyterFrontEnd;
  readonly shell: ILabShell;
  readonly documents: IDocumentManager;
  readonly browser: IDefaultFileBrowser;
  readonly model: HistoryModel;
  readonly places: IPlaces;
}

/**
 * Keep the model at the document in front, and in step with what happens to files.
 *
 * @returns a function that shows another file until another document comes to the front.
 */
function follow(options: IFollowOptions): (path: string) => void {
  const { app, shell, documents, browser, model, places } = options;
  let path = '';
  let turn = 0;
  const locate = async () => {
    const mine = ++turn;
    const place = await places.place(path).catch(() => null);
    if (mine === turn) {
      model.follow(place);
    }
  };
  const look = () => {
    const widget = shell.currentWidget;
    const context = widget === null ? undefined : documents.contextForWidget(widget);
    const isOpen = [...shell.widgets('main')].some(
      one => documents.contextForWidget(one)?.path === path
    );
    // A comparison in front is one of the file that was in front before.
    path = context?.path ?? (isOpen ? path : browser.model.path);
    void locate();
  };
  const settle = new Debouncer(() => model.refresh(), SETTLING);
  shell.currentChanged.connect(look);
  browser.model.pathChanged.connect(look);
  app.serviceManager.contents.fileChanged.connect((_, change) => {
    if (change.type === 'rename' && change.oldValue?.path === path) {
      path = change.newValue?.path ?? path;
    }
    void locate();
    void settle.invoke();
  });
  void whenQuiet(app).then(look);
  return wanted => {
    path = wanted;
    void locate();
  };
}

function addCommands(
  app: JupyterFrontEnd,
  shell: ILabShell,
  model: HistoryModel,
  actions: HistoryActions,
  trans: TranslationBundle
): void {
  app.commands.addCommand(HistoryCommands.show, {
    label: trans.__('Show History'),
    caption: trans.__('What the file in front was before'),
    icon: args => (args.isPalette === true ? undefined : historyIcon),
    execute: () => shell.activateById('platform-history')
  });
  app.commands.addCommand(HistoryCommands.checkpoint, {
    label: trans.__('New Checkpoint of the Project…'),
    isEnabled: () => model.place?.mayWrite === true,
    execute: () => {
      if (model.place !== null) {
        actions.createCheckpoint(model.place);
      }
    }
  });
}

export default history;
