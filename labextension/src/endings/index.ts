/** Tells why a kernel ended: a notification beside core's "appears to have died". */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification, type ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';

import { ServerApi } from '../server/api.js';
import { ToldEndings, type Cause, type IEnding } from './model.js';
import { fetchEnding } from './restapi.js';

const ENDS: ReadonlySet<Kernel.Status> = new Set(['autorestarting', 'dead']);

const endings: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:endings',
  description: 'Tells why a kernel ended.',
  autoStart: true,
  requires: [ITranslator],
  optional: [INotebookTracker, IConsoleTracker],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null
  ) => {
    const api = new ServerApi(app.serviceManager.serverSettings);
    const reporter = new EndingReporter(api, translator.load('platform'));
    notebooks?.widgetAdded.connect((_, panel) => reporter.watch(panel.sessionContext));
    consoles?.widgetAdded.connect((_, panel) => reporter.watch(panel.sessionContext));
  }
};

class EndingReporter {
  constructor(
    private readonly _api: ServerApi,
    private readonly _trans: TranslationBundle
  ) {}

  /** Report the ends of the session's kernels, until the session is disposed. */
  watch(session: ISessionContext): void {
    session.statusChanged.connect((_, status) => {
      const id = session.session?.kernel?.id;
      if (id !== undefined && ENDS.has(status)) {
        void this._report(id, session.name);
      }
    });
  }

  private async _report(kernelId: string, name: string): Promise<void> {
    const ending = await fetchEnding(this._api, kernelId).catch((reason: unknown) => {
      console.warn('Why the kernel ended cannot be asked', reason);
      return null;
    });
    if (ending !== null && ending.cause !== 'user' && this._told.isNews(kernelId, ending)) {
      const why = ending.detail || causeText(ending, this._trans);
      Notification.warning(this._trans.__('The kernel of %1 ended: %2', name, why), {
        autoClose: false
      });
    }
  }

  private readonly _told = new ToldEndings();
}

function causeText({ cause }: IEnding, trans: TranslationBundle): string {
  const texts: Record<Cause, string> = {
    exited: trans.__('its process exited.'),
    killed: trans.__('its process was killed from inside the sandbox.'),
    out_of_memory: trans.__('the sandbox ran out of memory.'),
    process_limit: trans.__('the sandbox had all the processes that it may have.'),
    disk_full: trans.__('there was no room left on the disk.'),
    user: trans.__('somebody shut it down.'),
    idle: trans.__('it was idle for too long.'),
    expired: trans.__('its time was up.'),
    engine: trans.__('the container engine stopped the sandbox.'),
    host: trans.__("the server's machine was restarted, or ran out of memory."),
    unknown: trans.__('the reason is not known.')
  };
  return texts[cause];
}

export default endings;
