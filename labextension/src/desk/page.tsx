/** A tab in which reviewers are named and a rubric is edited. */

import { Dialog, MainAreaWidget, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { Honest } from '../history/deceiving.js';
import { Reviewers, Rubric } from './parts.js';
import type { ReviewersModel } from './reviewers.js';
import type { RubricModel } from './rubric.js';

export namespace DeskPage {
  export interface IOptions {
    readonly title: string;
    /** Null where there is no project. */
    readonly reviewers: ReviewersModel | null;
    readonly rubric: RubricModel;
    readonly trans: TranslationBundle;
  }
}

export class DeskPage extends ReactWidget {
  constructor(readonly options: DeskPage.IOptions) {
    super();
    this.addClass('platform-Desk');
    this.node.tabIndex = 0;
  }

  protected override render(): JSX.Element {
    const { title, reviewers, rubric, trans } = this.options;
    return (
      <>
        <h1><Honest text={title} /></h1>
        {reviewers !== null && <Reviewers model={reviewers} trans={trans} />}
        <Rubric model={rubric} trans={trans} />
      </>
    );
  }
}

interface IReleased {
  dispose(): void;
}

/** Marks what is not saved, and asks before it is lost. */
export class DeskTab extends MainAreaWidget<DeskPage> {
  /**
   * @param setDirty - tells the application that something is not saved, until it is disposed of.
   */
  constructor(
    options: DeskPage.IOptions,
    private readonly _setDirty: () => IReleased
  ) {
    super({ content: new DeskPage(options) });
    this._parts = [options.rubric, ...(options.reviewers === null ? [] : [options.reviewers])];
    this.title.label = options.title;
    this.title.closable = true;
    this.toolbar.hide();
    for (const one of this._parts) {
      one.changed.connect(this._mark, this);
      void one.refresh();
    }
  }

  override dispose(): void {
    this._dirty?.dispose();
    this._dirty = null;
    super.dispose();
  }

  /** Ask the server what it has; what is written here stays. */
  async refresh(): Promise<void> {
    await Promise.all(this._parts.map(one => one.refresh()));
  }

  protected override onCloseRequest(message: Message): void {
    void this._mayClose().then(isSure => {
      if (isSure && !this.isDisposed) {
        super.onCloseRequest(message);
      }
    });
  }

  private async _mayClose(): Promise<boolean> {
    const unsaved = this._parts.filter(one => one.isDirty);
    if (unsaved.length === 0) {
      return true;
    }
    const { title, trans } = this.content.options;
    const answer = await showDialog({
      title: trans.__('Save your changes?'),
      body: trans.__('“%1” has changes that are not saved.', title),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Discard'), actions: ['discard'] }),
        Dialog.okButton({ label: trans.__('Save') })
      ]
    });
    if (!answer.button.accept) {
      return false;
    }
    if (answer.button.actions.includes('discard')) {
      return true;
    }
    const taken = await Promise.all(unsaved.map(one => one.save()));
    return taken.every(isTaken => isTaken);
  }

  private _mark(): void {
    const isDirty = this._parts.some(one => one.isDirty);
    this.title.className = isDirty ? 'jp-mod-dirty' : '';
    if (isDirty) {
      this._dirty ??= this._setDirty();
    } else {
      this._dirty?.dispose();
      this._dirty = null;
    }
  }

  private readonly _parts: readonly (RubricModel | ReviewersModel)[];
  private _dirty: IReleased | null = null;
}
