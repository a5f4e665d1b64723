/** The sandbox of the project in front: in the status bar, and what the server tells about it. */

import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IConsoleTracker } from '@jupyterlab/console';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar, showPopup, type Popup } from '@jupyterlab/statusbar';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Debouncer, Poll } from '@lumino/polling';

import { onFront } from '../projects/front.js';
import { projectOfPath } from '../projects/paths.js';
import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { SandboxControl } from './control.js';
import { noticeFrom, STATE_EVENT } from './data.js';
import { SandboxDetails } from './details.js';
import { SandboxModel } from './model.js';
import { Messages } from './messages.js';
import { NoticeTeller } from './notices.js';
import { SandboxApi } from './restapi.js';
import { saveChanged } from './saving.js';
import { ISandboxResume } from './tokens.js';
import { SandboxStatus } from './widget.js';

const ALIVE = 3_000; // milliseconds between two looks at a sandbox that runs
const SETTLING = 200; // milliseconds: much happens at once when a sandbox starts
const ASLEEP = 20_000; // and at a project without one; events and kernels say more

const sandbox: JupyterFrontEndPlugin<ISandboxResume> = {
  id: 'platform-labextension:sandbox',
  description: 'Shows how the sandbox of the project in front does.',
  autoStart: true,
  requires: [
    ILabShell,
    IDocumentManager,
    IDefaultFileBrowser,
    IPlaces,
    INotebookTracker,
    IConsoleTracker,
    IStatusBar,
    ITranslator
  ],
  provides: ISandboxResume,
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    notebooks: INotebookTracker,
    consoles: IConsoleTracker,
    statusBar: IStatusBar,
    translator: ITranslator
  ) => {
    const trans = translator.load('platform');
    const api = new SandboxApi(new ServerApi(app.serviceManager.serverSettings));
    const model = new SandboxModel({
      find: async folder => {
        const project = await places.project(folder);
        return project === null ? null : api.ofProject(project.id);
      },
      get: id => api.get(id),
      now: () => performance.now() / 1000
    });
    const control = new SandboxControl({
      api,
      model,
      places,
      trans,
      sessions: function* () {
        for (const tracker of [notebooks, consoles]) {
          yield* tracker.filter(() => true).map(panel => panel.sessionContext);
        }
      }
    });
    const open = showStatus(statusBar, model, control, trans);
    const messages = new Messages({
      places,
      trans,
      act: (offer, folder, id) => {
        const acts = {
          details: open,
          keep: () => control.keep(id),
          resume: () => control.resume(folder)
        };
        void acts[offer]();
      }
    });
    const teller = new NoticeTeller({
      show: message => messages.show(message),
      dismiss: id => void messages.dismiss(id),
      save: async projectId => {
        const folder = (await places.withId(projectId))?.folder;
        const open = [...shell.widgets('main')].flatMap(
          one => documents.contextForWidget(one) ?? []
        );
        await saveChanged(open, path => projectOfPath(path) === folder);
      }
    });
    onFront({ shell, documents, browser }, folder => model.follow(folder));
    listen(app, model, teller);
    return {
      noteTold: ending => teller.noteTold(ending.at),
      offer: async (folder, ended) => {
        const projectId = (await places.project(folder))?.id ?? '';
        const { detail } = ended;
        teller.take({ kind: 'ended', projectId, sandboxId: '', detail, deadline: null, ended });
      }
    };
  }
};

/** Put the sandbox into the status bar; returns what opens all about it. */
function showStatus(
  statusBar: IStatusBar,
  model: SandboxModel,
  control: SandboxControl,
  trans: TranslationBundle
): () => void {
  let popup: Popup | null = null;
  const close = () => popup?.dispose();
  const open = () => {
    if (popup !== null && !popup.isDisposed) {
      close();
      return;
    }
    const after = (work: () => Promise<void>) => () => {
      close();
      void work();
    };
    const body = new SandboxDetails(model, trans, {
      start: after(() => control.resume(model.folder)),
      restart: after(() => control.stop({ again: true })),
      stop: after(() => control.stop({ again: false })),
      keep: () => void control.keep(model.sandbox?.id ?? '')
    });
    popup = showPopup({ body, anchor: item, align: 'left', hasDynamicSize: true });
  };
  const item = new SandboxStatus(model, trans, open);
  statusBar.registerStatusItem('platform-labextension:sandbox', {
    item,
    align: 'left',
    rank: 50,
    isActive: () => model.folder !== '',
    activeStateChanged: model.changed
  });
  return open;
}

/** Look again and again while somebody looks at the page, and at once when something happened. */
function listen(
  { serviceManager }: JupyterFrontEnd,
  model: SandboxModel,
  teller: NoticeTeller
): void {
  const poll = new Poll({
    name: 'platform-labextension:sandbox',
    frequency: { interval: ASLEEP, backoff: true, max: ASLEEP * 3 },
    standby: 'when-hidden',
    factory: () => model.refresh()
  });
  model.changed.connect(() => {
    const interval = model.isAlive ? ALIVE : ASLEEP;
    if (poll.frequency.interval !== interval) {
      poll.frequency = { interval, backoff: true, max: ASLEEP * 3 };
    }
  });
  const look = new Debouncer(() => model.refresh(), SETTLING);
  serviceManager.kernels.runningChanged.connect(() => void look.invoke());
  serviceManager.terminals.runningChanged.connect(() => void look.invoke());
  serviceManager.events.stream.connect((_, event) => {
    const notice = noticeFrom(event);
    if (notice !== null) {
      teller.take(notice);
    }
    if (notice !== null || event.schema_id === STATE_EVENT) {
      void look.invoke();
    }
  });
}

export default sandbox;
