/** What the package panel shows: the project's packages, and how an installation goes. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { IPlace } from '../projects/tokens.js';
import {
  isOver,
  type Action,
  type IChange,
  type IListing,
  type IWord,
  type Phase
} from './data.js';
import type { IOrder } from './restapi.js';

export const PACKAGES_EVENT = 'https://events.jupyter.org/platform_server/project_packages/v1';

/** A file on its way. */
export interface IFile {
  readonly file: string;
  readonly size: number | null;
  readonly done: number;
  readonly isHere: boolean;
}

/** How an installation goes. */
export interface IProgress {
  readonly action: Action;
  readonly what: readonly string[];
  readonly phase: Phase;
  readonly files: readonly IFile[];
  /** What whoever installs should know: young files, and versions that are not on offer. */
  readonly notes: readonly string[];
  /** Why it failed. */
  readonly message: string;
  readonly changes: readonly IChange[];
}

export type ListState =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string };

export namespace PackagesModel {
  export interface IOptions {
    readonly listing: (project: string) => Promise<IListing>;
    readonly order: (project: string, order: IOrder) => AsyncIterable<IWord>;
    readonly follow: (project: string) => AsyncIterable<IWord>;
    readonly cancel: (project: string) => Promise<void>;
    /** What went wrong, for the user. */
    readonly words: (reason: unknown) => string;
  }
}

/** Follows the project in front, and asks the server only while somebody looks. */
export class PackagesModel {
  constructor(private readonly _options: PackagesModel.IOptions) {}

  get place(): IPlace | null {
    return this._place;
  }

  get listing(): IListing | null {
    return this._listing;
  }

  get state(): ListState {
    return this._state;
  }

  /** The installation that runs, or the last one until it is dismissed. */
  get progress(): IProgress | null {
    return this._progress;
  }

  get isBusy(): boolean {
    return this._progress !== null && !isOver(this._progress.phase);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

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
    if (old?.projectId !== place?.projectId) {
      this._listing = null;
      this._progress = null;
      this._listening += 1;
      void this.refresh();
    }
  }

  /** Something happened to a project's packages. */
  note(projectId: unknown): void {
    if (projectId === this._place?.projectId) {
      void this.refresh();
    }
  }

  /** Ask again, now or when somebody looks. */
  async refresh(): Promise<void> {
    const turn = ++this._turn;
    const place = this._place;
    this._isStale = !this._isVisible;
    if (place === null || this._isStale) {
      this._become({ kind: place === null ? 'nothing' : 'loading' });
      return;
    }
    if (this._listing === null) {
      this._become({ kind: 'loading' });
    }
    try {
      const listing = await this._options.listing(place.projectId);
      if (turn === this._turn) {
        this._listing = listing;
        this._become({ kind: 'ready' });
        this._join(place, listing);
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._become({ kind: 'refused', message: this._options.words(reason) });
      }
    }
  }

  /** Have something done. Resolves at its end; nothing while something is being done. */
  async order(order: IOrder): Promise<void> {
    const place = this._place;
    if (place === null || this.isBusy) {
      return;
    }
    const what = order.requirements ?? [];
    await this._listen(place, begun(order.action, what), this._options.order(place.projectId, order));
  }

  async cancel(): Promise<void> {
    const place = this._place;
    if (place !== null && this.isBusy) {
      await this._options.cancel(place.projectId).catch(() => undefined);
    }
  }

  /** Show no more how the last installation went. */
  dismiss(): void {
    if (!this.isBusy) {
      this._progress = null;
      this._changed.emit();
    }
  }

  /** Listen to what somebody else had begun. */
  private _join(place: IPlace, listing: IListing): void {
    const running = listing.installation;
    if (running !== null && !isOver(running.phase) && !this.isBusy) {
      const words = this._options.follow(place.projectId);
      void this._listen(place, begun(running.action, running.requirements), words);
    }
  }

  private async _listen(
    place: IPlace,
    progress: IProgress,
    words: AsyncIterable<IWord>
  ): Promise<void> {
    const turn = ++this._listening;
    const show = (next: IProgress) => {
      if (turn === this._listening) {
        this._progress = next;
        this._changed.emit();
      }
    };
    let last = progress;
    show(last);
    try {
      for await (const word of words) {
        last = advanced(last, word);
        show(last);
      }
    } catch (reason) {
      show({ ...last, phase: 'failed', message: this._options.words(reason) });
    }
    if (turn === this._listening && this._place?.projectId === place.projectId) {
      await this.refresh();
    }
  }

  private _become(state: ListState): void {
    this._state = state;
    this._changed.emit();
  }

  private _place: IPlace | null = null;
  private _listing: IListing | null = null;
  private _state: ListState = { kind: 'nothing' };
  private _progress: IProgress | null = null;
  private _isVisible = false;
  private _isStale = true;
  private _turn = 0;
  private _listening = 0;
  private readonly _changed = new Signal<this, void>(this);
}

/** An installation of which nothing was said yet. */
export function begun(action: Action, what: readonly string[]): IProgress {
  return { action, what, phase: 'starting', files: [], notes: [], message: '', changes: [] };
}

/** How an installation stands after one more word. */
export function advanced(progress: IProgress, word: IWord): IProgress {
  const next = { ...progress, phase: word.phase };
  const fetch = word.fetch;
  if (fetch === null) {
    return { ...next, message: word.message, changes: word.changes };
  }
  if (fetch.kind === 'downloading' || fetch.kind === 'served') {
    const file = { ...fetch, isHere: fetch.kind === 'served' };
    const others = progress.files.filter(one => one.file !== fetch.file);
    const files = [...others, file];
    // Between the last file and the end the installer unpacks.
    return { ...next, files, phase: files.every(one => one.isHere) ? 'installing' : 'downloading' };
  }
  const note = word.message === '' ? null : `${fetch.file || fetch.name}: ${word.message}`;
  return note === null || progress.notes.includes(note)
    ? { ...next, phase: progress.phase === 'starting' ? 'resolving' : progress.phase }
    : { ...next, notes: [...progress.notes, note] };
}

/** The share of the bytes that are here, from 0 to 1; null as long as that is not known. */
export function shareOf(progress: IProgress): number | null {
  const { files } = progress;
  const total = files.reduce((sum, one) => sum + (one.size ?? one.done), 0);
  const done = files.reduce((sum, one) => sum + (one.isHere ? (one.size ?? one.done) : one.done), 0);
  return total === 0 || files.some(one => one.size === null && !one.isHere) ? null : done / total;
}

/** The requirements in what somebody typed, with commas, spaces or lines between. */
export function requirementsIn(text: string): string[] {
  return text
    .replace(/\s*(==|~=|!=|<=|>=|<|>|===)\s*/g, '$1')
    .replace(/,(?=\s*[<>=!~])/g, '\u0000')
    .split(/[\s,]+/)
    .map(one => one.replaceAll('\u0000', ','))
    .filter(one => one !== '');
}
