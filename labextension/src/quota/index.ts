/** Shows how much of its quota the project in front uses, and warns before it is full. */

import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';
import { Debouncer } from '@lumino/polling';

import { onFront } from '../projects/front.js';
import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { QuotaModel, usageFrom } from './model.js';
import { QuotaStatus, showQuota, warningText } from './widget.js';

// Many files may change at once, and nobody waits for the figure.
const SETTLING = 1500; // milliseconds

const quota: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:quota',
  description: 'Shows how much of its quota a project uses.',
  autoStart: true,
  requires: [ILabShell, IDocumentManager, IDefaultFileBrowser, IPlaces, IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    statusBar: IStatusBar,
    translator: ITranslator
  ) => {
    const trans = translator.load('platform');
    const model = makeModel(app, places);
    const settle = new Debouncer(() => model.refresh(), SETTLING);
    onFront({ shell, documents, browser }, folder => {
      model.follow(folder);
      // Code may have written files, of which the page is not told.
      void settle.invoke();
    });
    app.serviceManager.contents.fileChanged.connect(() => void settle.invoke());
    model.rose.connect((_, usage) => {
      const props = { usage, folder: model.folder, trans };
      Notification.warning(warningText(props), {
        autoClose: false,
        actions: [{ label: trans.__('What can I do?'), callback: () => void showQuota(props) }]
      });
    });
    statusBar.registerStatusItem('platform-labextension:quota', {
      item: new QuotaStatus(model, trans),
      align: 'right',
      rank: 200,
      isActive: () => model.usage !== null,
      activeStateChanged: model.changed
    });
  }
};

function makeModel(app: JupyterFrontEnd, places: IPlaces): QuotaModel {
  const api = new ServerApi(app.serviceManager.serverSettings);
  return new QuotaModel(async path => {
    const project = await places.project(path);
    return project === null ? null : usageFrom(await api.get(`api/projects/${project.id}`));
  });
}

export default quota;
