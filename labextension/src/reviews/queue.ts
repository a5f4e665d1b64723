/** The submissions that somebody sees, which of them wait for them, and what they are told. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { INotice, ISubmission } from './data.js';
import { countOf, queryOf, WAITING, type IFilter } from './filter.js';
import type { IGroup, IPerson, IReader } from './people.js';
import type { ReviewApi } from './restapi.js';

type Api = Pick<
  ReviewApi,
  'submissions' | 'own' | 'notices' | 'markRead' | 'claim' | 'reader' | 'reviewers' | 'groups'
>;

/** Asked for when somebody looks. */
export class ReviewsModel {
  /**
   * @param listOwned - resolves with the ids of the projects that the reader owns.
   */
  constructor(
    private readonly _api: Api,
    private readonly _listOwned: () => Promise<readonly string[]> = () => Promise.resolve([])
  ) {}

  /** Those of the reader's own work, the latest first. */
  get own(): readonly ISubmission[] {
    return this._own;
  }

  /** Those of other people's work, as far as they are chosen; what waits longest first. */
  get others(): readonly ISubmission[] {
    const wanted = this._words.trim().toLowerCase();
    return this._listed.filter(one =>
      `${one.projectName} ${one.submitter.name}`.toLowerCase().includes(wanted)
    );
  }

  /** Whether the reader reviews, so that there is something to choose from. */
  get mayReview(): boolean {
    return this._reader?.mayReview === true;
  }

  get isAdmin(): boolean {
    return this._reader?.isAdmin === true;
  }

  /** Whether the reader says who reviews a submission of theirs. */
  mayConfigure(one: ISubmission): boolean {
    return this._owned.has(one.project);
  }

  /** What the reader was told, the newest first. */
  get notices(): readonly INotice[] {
    return this._notices;
  }

  get filter(): IFilter {
    return this._filter;
  }

  get words(): string {
    return this._words;
  }

  /** The projects that have been listed, by id. */
  get projects(): ReadonlyMap<string, string> {
    return this._projects;
  }

  /** Whoever made what has been listed, by id. */
  get learners(): ReadonlyMap<string, string> {
    return this._learners;
  }

  /** Everybody who may review. */
  get reviewers(): readonly IPerson[] {
    return this._reviewers;
  }

  /** The groups that the reader reviews; all of them for an admin. */
  get groups(): readonly IGroup[] {
    return this._groups;
  }

  /** How many submissions wait for the reader: to be reviewed, or to be corrected. */
  get waiting(): number {
    const toReview = this._undecided.filter(one => this._waitsForReader(one));
    return toReview.length + this._own.filter(one => one.state === 'changes_requested').length;
  }

  /** How much the reader has been told and has not seen. */
  get unread(): number {
    return this._notices.filter(one => !one.isRead).length;
  }

  /** What went wrong when the server was asked last, "" if nothing did. */
  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Of those that are listed, show only what these words are part of. */
  search(words: string): void {
    this._words = words;
    this._changed.emit();
  }

  /** List other submissions of others. */
  choose(filter: Partial<IFilter>): Promise<void> {
    this._filter = { ...this._filter, ...filter };
    this._changed.emit();
    return this.refresh();
  }

  refresh(): Promise<void> {
    return this._try(async () => {
      this._reader ??= await this._api.reader();
      const { filter, mayReview } = this;
      const isPlain = filter.choice === 'waiting' && countOf(filter) === 0;
      const [own, notices, undecided, chosen, reviewers, groups, owned] = await Promise.all([
        this._api.own(),
        this._api.notices(),
        mayReview ? this._api.submissions(queryOf(WAITING)) : [],
        mayReview && !isPlain ? this._api.submissions(queryOf(filter)) : null,
        mayReview && this._reviewers.length === 0 ? this._api.reviewers() : this._reviewers,
        mayReview ? this._api.groups() : [],
        this._listOwned()
      ]);
      const ids = new Set(own.map(one => one.id));
      this._own = [...own].reverse();
      this._owned = new Set(owned);
      this._notices = notices;
      this._reviewers = reviewers;
      this._groups = groups;
      this._undecided = undecided.filter(one => !ids.has(one.id));
      if (filter === this._filter) {
        this._listed = (chosen ?? undecided).filter(one => !ids.has(one.id));
      } // else something else is to be listed by now
      for (const one of [...this._undecided, ...this._listed]) {
        this._projects.set(one.project, one.projectName);
        this._learners.set(one.submitter.id, one.submitter.name);
      }
    });
  }

  /** Begin to review a submission. */
  async claim(id: string): Promise<void> {
    await this._try(() => this._api.claim(id));
    const { problem } = this;
    await this.refresh();
    this._problem ||= problem;
    this._changed.emit();
  }

  /** Note that the reader has looked. */
  async markRead(): Promise<void> {
    if (this.unread > 0) {
      await this._try(() => this._api.markRead());
    }
  }

  /** Whether the reader may begin to review a submission. */
  mayClaim(one: ISubmission): boolean {
    return one.state === 'submitted' && (one.reviewer === null || this._isTheirs(one));
  }

  private _waitsForReader(one: ISubmission): boolean {
    return this.mayClaim(one) || (one.state === 'in_review' && this._isTheirs(one));
  }

  private _isTheirs({ reviewer }: ISubmission): boolean {
    return reviewer !== null && reviewer.id === this._reader?.id;
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this._problem = '';
    } catch (reason) {
      this._problem = reason instanceof Error ? reason.message : String(reason);
    }
    this._changed.emit();
  }

  private _reader: IReader | null = null;
  private _own: readonly ISubmission[] = [];
  private _owned: ReadonlySet<string> = new Set();
  private _undecided: readonly ISubmission[] = [];
  private _listed: readonly ISubmission[] = [];
  private _notices: readonly INotice[] = [];
  private _reviewers: readonly IPerson[] = [];
  private _groups: readonly IGroup[] = [];
  private _filter: IFilter = WAITING;
  private _words = '';
  private _problem = '';
  private readonly _projects = new Map<string, string>();
  private readonly _learners = new Map<string, string>();
  private readonly _changed = new Signal<this, void>(this);
}
