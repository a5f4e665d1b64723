/** What a submission's view shows. */

import { Signal, type ISignal } from '@lumino/signaling';

import { Actions } from './actions.js';
import type { IComparison } from './comparing.js';
import type { ISeen, ISubmissionView, ISubmittedFile } from './data.js';
import { lastLookedAt, loadedRound, preferredOf } from './loading.js';
import { OpenFile, type Mode } from './openfile.js';
import type { IShown } from './parts.js';
import type { IPerson } from './people.js';
import { inOrder, pathOf } from './places.js';
import { isUnfinished, type IReproduction } from './reproduction.js';
import type { ITarget, ReviewApi } from './restapi.js';
import type { ICriterion } from './rubric.js';
import type { IThread } from './said.js';
import { SavedComments } from './saved.js';

/** One submission: a round of it, a file of that, and the threads. */
export class SubmissionModel {
  constructor(
    private readonly _api: ReviewApi,
    readonly id: string
  ) {
    this.actions = new Actions(_api, this);
    this.saved = new SavedComments(_api);
    this._file = new OpenFile(_api, id);
  }

  /** What the reader can do with it. */
  readonly actions: Actions;
  /** What the reader says again and again. */
  readonly saved: SavedComments;

  get view(): ISubmissionView | null {
    return this._view;
  }

  get round(): number {
    return this._round;
  }

  /** The earlier round that changes are shown since; 0 in the first one. */
  get against(): number {
    return this._against;
  }

  get files(): readonly ISubmittedFile[] {
    return this._files;
  }

  /** Paths of the files that the round compared with does not have like this. */
  get changedPaths(): ReadonlySet<string> {
    return this._changedPaths;
  }

  /** Paths of the files that only the round compared with has. */
  get removedPaths(): readonly string[] {
    return this._removedPaths;
  }

  /** The last round before that the reader judged or spoke of; null if they never did. */
  get seen(): number | null {
    return this._seen.round;
  }

  /** Paths of the files that the reader has not seen as they are, until they go on to another. */
  get unseen(): ReadonlySet<string> {
    return this._unseen;
  }

  get path(): string | null {
    return this._file.path;
  }

  /** The file that is shown, in parts. */
  get shown(): IShown | null {
    return this._file.shown;
  }

  /** All threads, in the order in which one comes upon them. */
  get threads(): readonly IThread[] {
    return inOrder(this._threads, this._files, this.path, this.shown?.parts ?? []);
  }

  /** The threads about the file that is shown, or about the whole submission. */
  get threadsHere(): readonly IThread[] {
    return this.threads.filter(one => [null, this.path].includes(pathOf(one)));
  }

  /** How many comments only the reader sees until they decide. */
  get drafts(): number {
    return this._threads.flatMap(one => one.comments).filter(one => one.isDraft).length;
  }

  get mode(): Mode {
    return this._file.mode;
  }

  get comparison(): IComparison | null {
    return this._file.comparison;
  }

  /** What points are given for; empty if for nothing. */
  get rubric(): readonly ICriterion[] {
    return this._rubric;
  }

  /** Whose task it could become; empty for who may not say. */
  get reviewers(): readonly IPerson[] {
    return this._reviewers.filter(one => one.id !== this._view?.reviewer?.id);
  }

  /** Whether the round reproduces; null if it was not run. */
  get reproduction(): IReproduction | null {
    return this._reproduction;
  }

  /** The thread in front. */
  get selected(): string | null {
    return this._selected;
  }

  /** What a comment is being written about; null if none is. */
  get target(): ITarget | null {
    return this._target;
  }

  get isBusy(): boolean {
    return this._busy > 0;
  }

  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the reader has done something that changed the submission. */
  get acted(): ISignal<this, void> {
    return this._acted;
  }

  /** Ask the server again; whoever looks at the latest round goes on to what is the latest now. */
  refresh(): Promise<void> {
    return this._try(async () => {
      const isLatest = this._round === (this._view?.round ?? 0);
      this._view = await this._look();
      await this._load(isLatest ? this._view.round : this._round);
    });
  }

  showRound(round: number): Promise<void> {
    return this._try(() => this._load(round));
  }

  /** Show what changed since that round. */
  showSince(against: number): Promise<void> {
    return this._try(() => this._load(this._round, against));
  }

  showFile(path: string, mode: Mode = this.mode): Promise<void> {
    return this._try(() => this._open(path, mode));
  }

  /** Bring a thread to the front, and its file. */
  async showThread(id: string | null): Promise<void> {
    this._selected = id;
    const thread = this._threads.find(one => one.id === id);
    const path = thread === undefined ? null : pathOf(thread);
    if (path !== null && path !== this.path && this._files.some(one => one.path === path)) {
      await this.showFile(path, 'document');
      return;
    }
    this._changed.emit();
  }

  /** Begin to write a comment about something, or do not. */
  compose(target: ITarget | null): void {
    this._target = target;
    this._changed.emit();
  }

  /** Ask how a check stands that has not ended. */
  async watch(): Promise<void> {
    if (isUnfinished(this._reproduction)) {
      await this._try(async () => {
        this._reproduction = await this._api.reproduction(this.id, this._round);
      });
    }
  }

  /** Where the file that is shown can be downloaded. */
  download(path: string): string {
    return this._api.download(this.id, this._round, path);
  }

  /** Act, then ask what has become of the submission; resolves with whether the server took it. */
  async run(act: () => Promise<void>): Promise<boolean> {
    let isDone = false;
    await this._try(async () => {
      await act();
      isDone = true;
      this._view = await this._look();
      this._threads = await this._api.threads(this.id, this._round);
      this._reproduction = await this._api.reproduction(this.id, this._round);
    });
    if (isDone) {
      this._acted.emit();
    }
    return isDone;
  }

  /** Ask for the submission, and for what who reviews it needs. */
  private async _look(): Promise<ISubmissionView> {
    const view = await this._api.view(this.id);
    [this._rubric, this._reviewers] = await Promise.all([
      view.mayReview ? this._api.rubric(this.id) : [],
      view.mayAssign ? this._api.reviewers(this.id) : []
    ]);
    return view;
  }

  private async _load(round: number, wanted?: number): Promise<void> {
    const isReviewers = this._view?.mayReview === true && round > 1;
    const seen = isReviewers ? await this._api.seen(this.id, round) : NOTHING_SEEN;
    const last = seen.round ?? lastLookedAt(this._view, round);
    const against = wanted !== undefined && wanted < round ? wanted : last;
    const loaded = await loadedRound(this._api, this.id, round, against);
    if (round !== this._round) {
      this._unseen = new Set(seen.round === null ? [] : seen.unseen);
    }
    this._seen = seen;
    this._round = round;
    this._against = against;
    this._files = loaded.files;
    this._threads = loaded.threads;
    this._reproduction = loaded.check;
    this._changedPaths = loaded.changedPaths;
    this._removedPaths = loaded.removedPaths;
    const { path, mode } = this._file.wanted;
    const first = loaded.files.find(one => one.path === path) ?? preferredOf(loaded);
    if (first !== undefined) {
      await this._open(first.path, against > 0 ? mode : 'document');
    }
  }

  private async _open(path: string, mode: Mode): Promise<void> {
    const before = this.path;
    const rounds = { against: this._against, round: this._round };
    if ((await this._file.open(path, mode, rounds)) && path !== before) {
      this._target = null;
      this._unseen = new Set([...this._unseen].filter(one => one !== before));
    }
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    this._busy += 1;
    try {
      await act();
      this._problem = '';
    } catch (reason) {
      this._problem = reason instanceof Error ? reason.message : String(reason);
    }
    this._busy -= 1;
    this._changed.emit();
  }

  private readonly _file: OpenFile;
  private _view: ISubmissionView | null = null;
  private _rubric: readonly ICriterion[] = [];
  private _reviewers: readonly IPerson[] = [];
  private _round = 0;
  private _against = 0;
  private _files: readonly ISubmittedFile[] = [];
  private _changedPaths: ReadonlySet<string> = new Set();
  private _removedPaths: readonly string[] = [];
  private _seen: ISeen = NOTHING_SEEN;
  private _unseen: ReadonlySet<string> = new Set();
  private _threads: readonly IThread[] = [];
  private _reproduction: IReproduction | null = null;
  private _selected: string | null = null;
  private _target: ITarget | null = null;
  private _problem = '';
  private _busy = 0;
  private readonly _acted = new Signal<this, void>(this);
  private readonly _changed = new Signal<this, void>(this);
}

const NOTHING_SEEN: ISeen = { round: null, unseen: [] };
