/** Something that is edited here and kept on the server. */

import { Signal, type ISignal } from '@lumino/signaling';

/** Says how it went; whatever is not saved stays as it is written. */
export abstract class Editing {
  constructor(private readonly _words: (reason: unknown) => string) {}

  /** Whether something is written that the server does not have. */
  abstract get isDirty(): boolean;

  /** Keep what is written; resolves with whether the server took it. */
  abstract save(): Promise<boolean>;

  /** Go back to what the server has. */
  abstract discard(): void;

  get isBusy(): boolean {
    return this._busy > 0;
  }

  /** Why the server did not answer or did not take it, `''` if it did. */
  get problem(): string {
    return this._problem;
  }

  /** Whether the last thing that happened is that all was saved. */
  get isSaved(): boolean {
    return this._isSaved && !this.isDirty;
  }

  get changed(): ISignal<Editing, void> {
    return this._changed;
  }

  protected emit(): void {
    this._changed.emit();
  }

  /** Do what asks the server, and tell how it went. */
  protected async attempt(act: () => Promise<void>, isSave = false): Promise<boolean> {
    this._busy += 1;
    this._isSaved = false;
    this._changed.emit();
    let isDone = false;
    try {
      await act();
      isDone = true;
      this._problem = '';
      this._isSaved = isSave;
    } catch (reason) {
      this._problem = this._words(reason);
    }
    this._busy -= 1;
    this._changed.emit();
    return isDone;
  }

  private _busy = 0;
  private _problem = '';
  private _isSaved = false;
  private readonly _changed = new Signal<this, void>(this);
}
