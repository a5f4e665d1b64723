/** Saves a notebook whose cell takes long, so that its outputs have a place in the file. */

/** Seconds that a cell may run before its notebook is saved. */
export const LONG = 3;

/** The part of a document's context that this looks at. */
export interface ISavable {
  readonly canSave?: boolean;
  readonly isDisposed: boolean;
  readonly model: { readonly dirty: boolean };
  save(): Promise<void>;
}

/**
 * Whoever starts something long closes the lid soon. What was typed is only in the page until it is
 * saved, and what such a cell puts out later could not be kept.
 */
export class LongRuns<Cell> {
  /** `reach` resolves when there is a server to save to: nobody asked for this save. */
  constructor(
    private readonly _reach: () => Promise<unknown>,
    private readonly _seconds: number = LONG
  ) {}

  /** Note that a cell of this document was started. */
  began(cell: Cell, document: ISavable): void {
    this.ended(cell);
    const timer = setTimeout(() => {
      this._timers.delete(cell);
      if (!document.isDisposed && document.canSave !== false && document.model.dirty) {
        // The page has told its user why a save failed.
        void this._reach().then(() => document.save()).catch(() => undefined);
      }
    }, this._seconds * 1000);
    this._timers.set(cell, timer);
  }

  /** Note that the cell has ended. */
  ended(cell: Cell): void {
    clearTimeout(this._timers.get(cell));
    this._timers.delete(cell);
  }

  private readonly _timers = new Map<Cell, ReturnType<typeof setTimeout>>();
}
