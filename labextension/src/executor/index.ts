/** Runs notebook cells; one that is run before its kernel is ready waits for it. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { Cell, ICodeCellModel } from '@jupyterlab/cells';
import {
  INotebookCellExecutor,
  INotebookTracker,
  NotebookActions,
  runCell
} from '@jupyterlab/notebook';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';

import { isOnTheWay, KernelArrivals, type AwaitedSession } from './model.js';
import { LongRuns } from './saving.js';

/**
 * Replaces `@jupyterlab/notebook-extension:cell-executor`, which silently drops such a cell: on
 * a platform whose sandbox takes a moment to start that loses people's work.
 */
const executor: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: 'platform-labextension:cell-executor',
  description: 'Runs cells, and lets them wait for a kernel that is on its way.',
  autoStart: true,
  requires: [ITranslator],
  provides: INotebookCellExecutor,
  activate: (_app, translator: ITranslator) => new WaitingExecutor(translator.load('platform'))
};

class WaitingExecutor implements INotebookCellExecutor {
  constructor(trans: TranslationBundle) {
    // Core shows the server's reason in a dialog of its own; what it does not say is that the
    // cells were not run.
    const message = trans.__(
      'The kernel did not start, so the cells you ran were not executed. Run them again to retry.'
    );
    this._arrivals = new KernelArrivals(() => Notification.error(message, { autoClose: false }));
  }

  async runCell(options: INotebookCellExecutor.IRunCellOptions): Promise<boolean> {
    const { cell, sessionContext } = options;
    const hasCode = cell.model.type === 'code' && cell.model.sharedModel.getSource().trim() !== '';
    if (hasCode && sessionContext && isOnTheWay(sessionContext)) {
      const mayRun = await this._await(cell.model as ICodeCellModel, sessionContext);
      if (!mayRun || cell.isDisposed) {
        return false;
      }
    }
    return runCell(options);
  }

  /** Show `[*]` until the kernel is there; false when it will not come. */
  private async _await(cell: ICodeCellModel, session: AwaitedSession): Promise<boolean> {
    cell.executionState = 'running';
    const arrival = await this._arrivals.wait(session);
    if (arrival !== 'ready' && !cell.isDisposed) {
      cell.executionState = 'idle';
    }
    return arrival === 'ready';
  }

  private readonly _arrivals: KernelArrivals;
}

const saving: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:long-runs',
  description: 'Saves notebooks whose cells take long.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (app, tracker: INotebookTracker) => {
    const { contents } = app.serviceManager;
    const runs = new LongRuns<Cell>(() => contents.get('', { content: false }));
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      const panel = tracker.find(one => one.content === notebook);
      if (panel) {
        runs.began(cell, panel.context);
      }
    });
    NotebookActions.executed.connect((_, { cell }) => runs.ended(cell));
  }
};

export default [executor, saving];
