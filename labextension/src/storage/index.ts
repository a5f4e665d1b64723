/** Says where what was saved is while the project store does not answer. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';

import { ServerApi } from '../server/api.js';
import { whenQuiet } from '../startup/quiet.js';
import { isOnServerOnly, STORAGE_EVENT, StorageModel } from './model.js';
import { fetchStorage } from './restapi.js';
import { StorageStatus } from './widget.js';

const PAUSE = 30_000; // milliseconds; the server's event comes sooner, if it comes

const storage: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:storage',
  description: 'Says where what was saved is while the project store does not answer.',
  autoStart: true,
  requires: [ITranslator],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, translator: ITranslator, statusBar: IStatusBar | null) => {
    if (statusBar === null) {
      return;
    }
    const api = new ServerApi(app.serviceManager.serverSettings);
    const model = new StorageModel({
      ask: () => fetchStorage(api),
      later: again => void window.setTimeout(again, PAUSE)
    });
    statusBar.registerStatusItem('platform-labextension:storage', {
      item: new StorageStatus(model, translator.load('platform')),
      align: 'left',
      rank: 100,
      isActive: () => model.storage.since !== null,
      activeStateChanged: model.changed
    });
    watch(app, model);
    void whenQuiet(app).then(() => model.refresh());
  }
};

/** Ask anew when an event or the answer to a save says that there is something to know. */
function watch({ serviceManager }: JupyterFrontEnd, model: StorageModel): void {
  serviceManager.events.stream.connect((_, event) => {
    if (event.schema_id === STORAGE_EVENT) {
      void model.refresh();
    }
  });
  serviceManager.contents.fileChanged.connect((_, change) => {
    if (isOnServerOnly(change.newValue) && model.storage.since === null) {
      void model.refresh();
    }
  });
}

export default storage;
