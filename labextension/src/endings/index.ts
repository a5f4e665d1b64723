/** Tells why a kernel ended: a notification beside core's "appears to have died". */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';

import { projectOfPath } from '../projects/paths.js';
import { ISandboxResume } from '../sandbox/tokens.js';
import { ServerApi } from '../server/api.js';
import { isStop, ToldEndings } from './model.js';
import { fetchEnding } from './restapi.js';
import { warn } from './warn.js';
import { causeText, evidenceLines } from './words.js';

const ENDS: ReadonlySet<Kernel.Status> = new Set(['autorestarting', 'dead']);

const endings: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:endings',
  description: 'Tells why a kernel ended.',
  autoStart: true,
  requires: [ITranslator],
  optional: [INotebookTracker, IConsoleTracker, ISandboxResume],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    sandbox: ISandboxResume | null
  ) => {
    const api = new ServerApi(app.serviceManager.serverSettings);
    const reporter = new EndingReporter(api, translator.load('platform'), sandbox);
    notebooks?.widgetAdded.connect((_, panel) => reporter.watch(panel.sessionContext));
    consoles?.widgetAdded.connect((_, panel) => reporter.watch(panel.sessionContext));
  }
};

class EndingReporter {
  constructor(
    private readonly _api: ServerApi,
    private readonly _trans: TranslationBundle,
    private readonly _sandbox: ISandboxResume | null
  ) {}

  /** Report the ends of the session's kernels, until the session is disposed. */
  watch(session: ISessionContext): void {
    session.statusChanged.connect((_, status) => {
      const id = session.session?.kernel?.id;
      if (id !== undefined && ENDS.has(status)) {
        void this._report(id, session);
      }
    });
  }

  private async _report(kernelId: string, { name, path }: ISessionContext): Promise<void> {
    const ending = await fetchEnding(this._api, kernelId).catch((reason: unknown) => {
      console.warn('Why the kernel ended cannot be asked', reason);
      return null;
    });
    if (ending === null || ending.cause === 'user' || !this._told.isNews(kernelId, ending)) {
      return;
    }
    if (isStop(ending) && this._sandbox !== null) {
      await this._sandbox.offer(projectOfPath(path), ending);
      return;
    }
    this._sandbox?.noteTold(ending);
    const why = ending.detail || causeText(ending, this._trans);
    const warning = {
      title: this._trans.__('The kernel of “%1” ended', name),
      text: this._trans.__('The kernel of %1 ended: %2', name, why),
      all: [why, ...evidenceLines(ending, this._trans)]
    };
    warn(warning, { autoClose: false }, this._trans);
  }

  private readonly _told = new ToldEndings();
}

export default endings;
