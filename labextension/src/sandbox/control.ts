/** What the page can do with the sandbox of a project: start, restart, stop, keep, resume. */

import { Dialog, Notification, showDialog, type ISessionContext } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IPlaces } from '../projects/tokens.js';
import { wordsOf } from '../server/words.js';
import type { SandboxModel } from './model.js';
import type { SandboxApi } from './restapi.js';
import { reviveKernels } from './resume.js';

export namespace SandboxControl {
  export interface IOptions {
    readonly api: SandboxApi;
    readonly model: SandboxModel;
    readonly places: IPlaces;
    readonly trans: TranslationBundle;
    /** Of all open notebooks and consoles. */
    readonly sessions: () => Iterable<ISessionContext>;
  }
}

/** Acts, and says what went wrong if something did. */
export class SandboxControl {
  constructor(private readonly _options: SandboxControl.IOptions) {}

  /** Start the sandbox of the project in that folder, and what was open in the page. */
  async resume(folder: string): Promise<void> {
    const { api, model, places, sessions } = this._options;
    await this._attempt(async () => {
      const project = await places.project(folder);
      if (project !== null) {
        await api.start(project.id);
        await model.refresh();
        await reviveKernels(sessions(), folder);
      }
    });
  }

  /** Count as using it. */
  async keep(id: string): Promise<void> {
    await this._attempt(() => this._options.api.keep(id));
    await this._options.model.refresh();
  }

  /** Stop the sandbox in front, if the user is sure; then start another if that is wanted. */
  async stop({ again }: { readonly again: boolean }): Promise<void> {
    const { api, model } = this._options;
    const { sandbox, folder } = model;
    if (sandbox === null || !(await this._isSure(again))) {
      return;
    }
    await this._attempt(() => api.stop(sandbox.id));
    await model.refresh();
    if (again) {
      await this.resume(folder);
    }
  }

  private async _isSure(again: boolean): Promise<boolean> {
    const { trans, model } = this._options;
    const label = again ? trans.__('Restart') : trans.__('Stop');
    const { button } = await showDialog({
      title: trans.__('%1 the sandbox of “%2”?', label, model.folder),
      body: trans.__(
        'All kernels and terminals of the project end, for all its members, and their variables are gone. Files are kept.'
      ),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label })]
    });
    return button.accept;
  }

  private async _attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (reason) {
      Notification.error(wordsOf(reason, this._options.trans), { autoClose: false });
    }
  }
}
