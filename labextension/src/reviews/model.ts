/** What the list of submissions and a submission's view show. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { IDifference } from '../history/data.js';
import type { ICell, ISubmission, ISubmissionView, ISubmittedFile, IThread } from './data.js';
import type { ITarget, ReviewApi } from './restapi.js';

/** The submissions that somebody sees, asked for when somebody looks. */
export class ReviewsModel {
  constructor(private readonly _api: Pick<ReviewApi, 'submissions' | 'unread' | 'markRead'>) {}

  /** Those of the reader's own work. */
  get own(): readonly ISubmission[] {
    return this._own;
  }

  /** Those of other people's work. */
  get others(): readonly ISubmission[] {
    return this._others;
  }

  /** How much the reader has been told and has not seen. */
  get unread(): number {
    return this._unread;
  }

  /** What went wrong when the server was asked last, "" if nothing did. */
  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async refresh(): Promise<void> {
    try {
      const [all, own, unread] = await Promise.all([
        this._api.submissions(false),
        this._api.submissions(true),
        this._api.unread()
      ]);
      const ids = new Set(own.map(one => one.id));
      this._own = own;
      this._others = all.filter(one => !ids.has(one.id));
      this._unread = unread;
      this._problem = '';
    } catch (reason) {
      this._problem = messageOf(reason);
    }
    this._changed.emit();
  }

  /** Note that the reader has looked. */
  async markRead(): Promise<void> {
    if (this._unread > 0) {
      await this._api.markRead();
      this._unread = 0;
      this._changed.emit();
    }
  }

  private _own: readonly ISubmission[] = [];
  private _others: readonly ISubmission[] = [];
  private _unread = 0;
  private _problem = '';
  private readonly _changed = new Signal<this, void>(this);
}

/** How a file is shown. */
export type Mode = 'document' | 'changes';

/** One submission: a round of it, a file of that, and the threads. */
export class SubmissionModel {
  constructor(
    private readonly _api: ReviewApi,
    readonly id: string
  ) {}

  get view(): ISubmissionView | null {
    return this._view;
  }

  get round(): number {
    return this._round;
  }

  get files(): readonly ISubmittedFile[] {
    return this._files;
  }

  /** Paths of the files that the round before does not have like this. */
  get changedPaths(): ReadonlySet<string> {
    return this._changedPaths;
  }

  get path(): string | null {
    return this._path;
  }

  get cells(): readonly ICell[] {
    return this._cells;
  }

  get threads(): readonly IThread[] {
    return this._threads;
  }

  get mode(): Mode {
    return this._mode;
  }

  get difference(): IDifference | null {
    return this._difference;
  }

  /** The thread in front. */
  get selected(): string | null {
    return this._selected;
  }

  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The address of the page that shows the file, at the thread in front. */
  get page(): string | null {
    return this._path === null
      ? null
      : this._api.page(this.id, this._round, this._path, this._fragment());
  }

  /** Ask the server again; the first time, begin with the latest round. */
  refresh(): Promise<void> {
    return this._try(async () => {
      this._view = await this._api.view(this.id);
      await this._load(this._round === 0 ? this._view.round : this._round);
    });
  }

  showRound(round: number): Promise<void> {
    return this._try(() => this._load(round));
  }

  showFile(path: string, mode: Mode = this._mode): Promise<void> {
    return this._try(() => this._open(path, mode));
  }

  /** Bring a thread to the front, and its file. */
  async showThread(id: string | null): Promise<void> {
    this._selected = id;
    const thread = this._threads.find(one => one.id === id);
    const path = thread?.now?.path ?? thread?.path ?? null;
    if (path !== null && path !== this._path) {
      await this.showFile(path, 'document');
      return;
    }
    this._mode = 'document';
    this._changed.emit();
  }

  /** Bring the thread after or before the one in front to the front. */
  stepThread(by: 1 | -1): Promise<void> {
    const at = this._threads.findIndex(one => one.id === this._selected);
    const count = this._threads.length;
    const next = this._threads[(at + by + (at < 0 && by < 0 ? 1 : 0) + count) % (count || 1)];
    return this.showThread(next?.id ?? null);
  }

  /** Show the file after or before the one that is shown. */
  async stepFile(by: 1 | -1): Promise<void> {
    const at = this._files.findIndex(one => one.path === this._path);
    const next = this._files[at + by];
    if (next !== undefined) {
      await this.showFile(next.path);
    }
  }

  /** Say something about what is shown; resolves with whether the server took it. */
  comment(target: Omit<ITarget, 'round'>, body: string, suggestion: string | null) {
    const all = { ...target, round: this._round };
    return this._do(() => this._api.comment(this.id, all, body, suggestion));
  }

  answer(thread: IThread, body: string): Promise<boolean> {
    const [first] = thread.comments;
    return this._do(() => this._api.answer(this.id, first?.id ?? '', body));
  }

  apply(comment: string): Promise<boolean> {
    return this._do(() => this._api.apply(this.id, comment));
  }

  resolve(thread: IThread): Promise<boolean> {
    return this._do(() => this._api.resolve(this.id, thread.id, !thread.isResolved));
  }

  claim(): Promise<boolean> {
    return this._do(() => this._api.claim(this.id));
  }

  release(): Promise<boolean> {
    return this._do(() => this._api.release(this.id));
  }

  withdraw(): Promise<boolean> {
    return this._do(() => this._api.withdraw(this.id));
  }

  decide(isApproval: boolean, summary: string): Promise<boolean> {
    return this._do(() => this._api.decide(this.id, this._round, isApproval, summary));
  }

  private async _do(act: () => Promise<void>): Promise<boolean> {
    let isDone = false;
    await this._try(async () => {
      await act();
      isDone = true;
      this._view = await this._api.view(this.id);
      this._threads = await this._api.threads(this.id, this._round);
    });
    return isDone;
  }

  private async _load(round: number): Promise<void> {
    const earlier = round > 1 ? this._api.files(this.id, round - 1) : Promise.resolve(null);
    const [files, threads, before] = await Promise.all([
      this._api.files(this.id, round),
      this._api.threads(this.id, round),
      earlier
    ]);
    const known = new Set(before?.map(one => `${one.sha256} ${one.path}`));
    const isNew = (one: ISubmittedFile) => before !== null && !known.has(`${one.sha256} ${one.path}`);
    this._round = round;
    this._files = files;
    this._threads = threads;
    this._changedPaths = new Set(files.filter(isNew).map(one => one.path));
    const wanted = files.find(one => one.path === this._path) ?? preferred(files);
    if (wanted !== undefined) {
      await this._open(wanted.path, this._mode);
    }
  }

  private async _open(path: string, mode: Mode): Promise<void> {
    const [cells, difference] = await Promise.all([
      path.endsWith('.ipynb') ? this._api.cells(this.id, this._round, path) : [],
      mode === 'changes' && this._round > 1
        ? this._api.difference(this.id, path, this._round - 1, this._round)
        : null
    ]);
    this._path = path;
    this._mode = mode;
    this._cells = cells;
    this._difference = difference;
  }

  private _fragment(): string {
    const thread = this._threads.find(one => one.id === this._selected);
    const anchor = (thread?.now ?? thread)?.anchor;
    if (anchor === undefined) {
      return '';
    }
    const cell = this._cells.find(one => one.id === anchor.cellId);
    const line = anchor.line === null ? '' : `-L${anchor.line}`;
    return cell === undefined ? (line === '' ? '' : `file${line}`) : `cell-${cell.number}${line}`;
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this._problem = '';
    } catch (reason) {
      this._problem = messageOf(reason);
    }
    this._changed.emit();
  }

  private _view: ISubmissionView | null = null;
  private _round = 0;
  private _files: readonly ISubmittedFile[] = [];
  private _changedPaths: ReadonlySet<string> = new Set();
  private _path: string | null = null;
  private _cells: readonly ICell[] = [];
  private _threads: readonly IThread[] = [];
  private _mode: Mode = 'document';
  private _difference: IDifference | null = null;
  private _selected: string | null = null;
  private _problem = '';
  private readonly _changed = new Signal<this, void>(this);
}

/** The file to begin with: a notebook if there is one. */
function preferred(files: readonly ISubmittedFile[]): ISubmittedFile | undefined {
  return files.find(one => one.path.endsWith('.ipynb')) ?? files[0];
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
