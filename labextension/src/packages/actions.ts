/** What the buttons of the package panel do. */

import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { wordsOf } from '../server/words.js';
import type { IPackage } from './data.js';
import type { PackagesModel } from './model.js';
import type { IPackageActions } from './parts.js';
import type { PackagesApi } from './restapi.js';

export namespace PackageActions {
  export interface IOptions {
    readonly api: PackagesApi;
    readonly model: PackagesModel;
    readonly trans: TranslationBundle;
  }
}

export class PackageActions implements IPackageActions {
  constructor(private readonly _options: PackageActions.IOptions) {}

  readonly install = (requirements: readonly string[]): void => {
    void this._options.model.order({ action: 'install', requirements });
  };

  readonly upgrade = (requirements: readonly string[]): void => {
    void this._options.model.order({ action: 'upgrade', requirements });
  };

  readonly remove = (one: IPackage): void => {
    void this._remove(one);
  };

  readonly rebuild = (): void => {
    void this._options.model.order({ action: 'rebuild' });
  };

  readonly cancel = (): void => {
    void this._options.model.cancel();
  };

  readonly dismiss = (): void => {
    this._options.model.dismiss();
  };

  readonly importFile = (): void => {
    const { model, trans } = this._options;
    pickText()
      .then(async file => {
        if (file !== null) {
          await model.order({ action: 'install', file });
        }
      })
      .catch(reason => showErrorMessage(trans.__('The file cannot be read'), wordsOf(reason, trans)));
  };

  readonly exportFile = (): void => {
    const { api, model } = this._options;
    if (model.place !== null) {
      const link = document.createElement('a');
      link.href = api.exportUrl(model.place.projectId);
      link.download = 'requirements.txt';
      link.click();
    }
  };

  /** Remove a package; ask first if others need it. */
  private async _remove(one: IPackage): Promise<void> {
    const { model, trans } = this._options;
    if (one.neededBy.length > 0) {
      const answer = await showDialog({
        title: trans.__('Remove %1?', one.name),
        body: trans.__('%1 will not work without it.', one.neededBy.join(', ')),
        buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
      });
      if (!answer.button.accept) {
        return;
      }
    }
    await model.order({ action: 'uninstall', requirements: [one.name] });
  }
}

/** Resolves with the text of a file that the user chose, or null. */
async function pickText(): Promise<string | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.txt,.in,text/plain';
  const file = await new Promise<File | null>(resolve => {
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
  return file === null ? null : await file.text();
}
