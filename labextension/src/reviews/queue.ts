/** The submissions that somebody sees, which of them wait for them, and what they are told. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { INotice, ISubmission } from './data.js';
import type { ReviewApi } from './restapi.js';

/** Which of other people's submissions are listed. */
export type Choice = 'waiting' | 'mine' | 'decided' | 'all';

type Api = Pick<ReviewApi, 'submissions' | 'assigned' | 'notices' | 'markRead' | 'claim'>;

/** Asked for when somebody looks. */
export class ReviewsModel {
  constructor(private readonly _api: Api) {}

  /** Those of the reader's own work, the latest first. */
  get own(): readonly ISubmission[] {
    return this._own;
  }

  /** Those of other people's work, as far as they are chosen; what waits longest first. */
  get others(): readonly ISubmission[] {
    const wanted = this._words.trim().toLowerCase();
    return this._others.filter(
      one =>
        this._isChosen(one) &&
        (wanted === '' || `${one.projectName} ${one.submitter.name}`.toLowerCase().includes(wanted))
    );
  }

  /** Whether there are submissions of others at all, so that there is something to choose from. */
  get hasOthers(): boolean {
    return this._others.length > 0;
  }

  /** What the reader was told, the newest first. */
  get notices(): readonly INotice[] {
    return this._notices;
  }

  get choice(): Choice {
    return this._choice;
  }

  get words(): string {
    return this._words;
  }

  /** How many submissions wait for the reader: to be reviewed, or to be corrected. */
  get waiting(): number {
    const toReview = this._others.filter(one => one.state === 'submitted' || this._isTheirs(one));
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

  /** List other submissions of others, and only those that fit the words. */
  choose(choice: Choice, words: string): void {
    this._choice = choice;
    this._words = words;
    this._changed.emit();
  }

  refresh(): Promise<void> {
    return this._try(async () => {
      const [all, own, assigned, notices] = await Promise.all([
        this._api.submissions(false),
        this._api.submissions(true),
        this._api.assigned(),
        this._api.notices()
      ]);
      const ids = new Set(own.map(one => one.id));
      this._own = [...own].reverse();
      this._others = all.filter(one => !ids.has(one.id));
      this._assigned = new Set(assigned.map(one => one.id));
      this._notices = notices;
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

  private _isTheirs(one: ISubmission): boolean {
    return one.state === 'in_review' && this._assigned.has(one.id);
  }

  private _isChosen(one: ISubmission): boolean {
    switch (this._choice) {
      case 'waiting':
        return one.state === 'submitted' || one.state === 'in_review';
      case 'mine':
        return this._assigned.has(one.id);
      case 'decided':
        return one.state !== 'submitted' && one.state !== 'in_review';
      default:
        return true;
    }
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

  private _own: readonly ISubmission[] = [];
  private _others: readonly ISubmission[] = [];
  private _assigned: ReadonlySet<string> = new Set();
  private _notices: readonly INotice[] = [];
  private _choice: Choice = 'waiting';
  private _words = '';
  private _problem = '';
  private readonly _changed = new Signal<this, void>(this);
}
