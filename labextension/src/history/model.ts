/** What the panel shows: the past of one file, and that of its project. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { IPlace } from '../projects/tokens.js';
import type { ICheckpoint, IPage, IRevision } from './data.js';

/** Where a list stands. */
export type ListState =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string };

/** What of the past is in front. */
export type View = 'file' | 'checkpoints' | 'gone';

export namespace HistoryModel {
  export interface IOptions {
    readonly revisions: (place: IPlace, before: string | null) => Promise<IPage>;
    readonly gone: (projectId: string, before: string | null) => Promise<IPage>;
    readonly checkpoints: (projectId: string) => Promise<readonly ICheckpoint[]>;
    /** What went wrong, for the user. */
    readonly words: (reason: unknown) => string;
  }
}

/**
 * Follows the file in front. Asks the server when that changes and when `refresh` is called, and
 * only while somebody looks: what happens meanwhile is asked for when they look again.
 */
export class HistoryModel {
  constructor(private readonly _options: HistoryModel.IOptions) {}

  /** The file in front, or the project; null when there is none. */
  get place(): IPlace | null {
    return this._place;
  }

  get view(): View {
    return this._view;
  }

  get page(): IPage {
    return this._page;
  }

  get checkpoints(): readonly ICheckpoint[] {
    return this._checkpoints;
  }

  get state(): ListState {
    return this._state;
  }

  /** The revision whose actions are shown. */
  get selected(): string | null {
    return this._selected;
  }

  /** The revision that another one is to be compared with. */
  get marked(): IRevision | null {
    return this._marked;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether somebody looks. */
  get isVisible(): boolean {
    return this._isVisible;
  }

  set isVisible(value: boolean) {
    this._isVisible = value;
    if (value && this._isStale) {
      void this.refresh();
    }
  }

  follow(place: IPlace | null): void {
    const old = this._place;
    this._place = place;
    if (old?.projectId !== place?.projectId || old?.path !== place?.path) {
      this._clear();
      this._marked = null;
      void this.refresh();
    }
  }

  show(view: View): void {
    if (view !== this._view) {
      this._view = view;
      this._clear();
      void this.refresh();
    }
  }

  select(id: string | null): void {
    this._selected = id;
    this._changed.emit();
  }

  mark(revision: IRevision | null): void {
    this._marked = revision;
    this._changed.emit();
  }

  /** Ask for the newest page again, now or when somebody looks. */
  async refresh(): Promise<void> {
    if (!this._isVisible) {
      this._isStale = true;
      this._turn += 1;
      this._changed.emit();
      return;
    }
    this._isStale = false;
    await this._load(null);
  }

  /** Ask for the next page, if there is one. */
  async more(): Promise<void> {
    if (this._page.next !== null && this._state.kind === 'ready') {
      await this._load(this._page.next);
    }
  }

  private async _load(before: string | null): Promise<void> {
    const turn = ++this._turn;
    const place = this._place;
    if (place === null || (this._view === 'file' && place.path === '')) {
      this._become({ kind: 'nothing' });
      return;
    }
    this._become({ kind: 'loading' });
    try {
      const take = await this._ask(place, before);
      if (turn === this._turn) {
        take();
        this._become({ kind: 'ready' });
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._become({ kind: 'refused', message: this._options.words(reason) });
      }
    }
  }

  /** Ask for what is in front; resolves with what makes the answer the one that is shown. */
  private async _ask(place: IPlace, before: string | null): Promise<() => void> {
    if (this._view === 'checkpoints') {
      const found = await this._options.checkpoints(place.projectId);
      return () => (this._checkpoints = found);
    }
    const isFile = this._view === 'file';
    const page = isFile
      ? await this._options.revisions(place, before)
      : await this._options.gone(place.projectId, before);
    const join = before !== null ? below : isFile ? above : (_: IPage, newest: IPage) => newest;
    return () => (this._page = join(this._page, page));
  }

  private _clear(): void {
    this._page = NO_PAGE;
    this._checkpoints = [];
    this._selected = null;
  }

  private _become(state: ListState): void {
    this._state = state;
    this._changed.emit();
  }

  private _place: IPlace | null = null;
  private _view: View = 'file';
  private _page: IPage = NO_PAGE;
  private _checkpoints: readonly ICheckpoint[] = [];
  private _state: ListState = { kind: 'nothing' };
  private _selected: string | null = null;
  private _marked: IRevision | null = null;
  private _isVisible = false;
  private _isStale = true;
  private _turn = 0;
  private readonly _changed = new Signal<this, void>(this);
}

/** Put an older page below what is shown. */
function below(shown: IPage, older: IPage): IPage {
  return { ...shown, revisions: [...shown.revisions, ...older.revisions], next: older.next };
}

/** Put what is new in the newest page above what is shown, so that nobody loses their place. */
function above(shown: IPage, newest: IPage): IPage {
  const known = newest.revisions.findIndex(one => one.id === shown.revisions[0]?.id);
  return known < 0
    ? newest
    : {
        ...newest,
        revisions: [...newest.revisions.slice(0, known), ...shown.revisions],
        next: shown.next
      };
}

const NO_PAGE: IPage = { revisions: [], next: null, copies: [] };
