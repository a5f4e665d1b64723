/** The editing of a rubric. */

import { UUID } from '@lumino/coreutils';

import type { ICriterion } from '../reviews/rubric.js';
import { isStale } from '../server/refusal.js';
import * as drafts from './draft.js';
import type { Draft, ICriterionDraft, ILevelDraft, Problem } from './draft.js';
import { Editing } from './editing.js';
import type { IRubric } from './restapi.js';

/** Where the rubric is. */
export interface IRubricSource {
  load(): Promise<IRubric>;
  /** Resolves with what counts then; rejects if there is another version by now. */
  save(criteria: readonly ICriterion[], version: string | null): Promise<IRubric>;
}

/** What was done last, for those who do not see it. */
export interface IDone {
  readonly what: 'moved' | 'removed' | 'restored';
  readonly title: string;
  /** Where a criterion is now, from 1; 0 where that does not matter. */
  readonly place: number;
}

export class RubricModel extends Editing {
  constructor(
    private readonly _source: IRubricSource,
    words: (reason: unknown) => string,
    private readonly _newId: () => string = () => UUID.uuid4()
  ) {
    super(words);
  }

  /** What is written; null until the server has answered. */
  get draft(): Draft | null {
    return this._draft;
  }

  /** The criteria that count where a project has none of its own; empty if it has. */
  get inherited(): readonly ICriterion[] {
    return this._inherited;
  }

  get isDirty(): boolean {
    return this._draft !== null && !drafts.isSame(this._draft, this._kept);
  }

  /** What is wrong, by field; what is still to be written counts once somebody tried to save. */
  get problems(): ReadonlyMap<string, Problem> {
    const found = [...drafts.problemsOf(this._draft ?? [])];
    return new Map(found.filter(([field]) => this._isTried || this._left.has(field)));
  }

  get done(): IDone | null {
    return this._done;
  }

  /** Whether what was removed last can be put back. */
  get mayRestore(): boolean {
    return this._removed !== null;
  }

  /** Whether somebody else changed the rubric that this was made of: the newer one can be loaded. */
  get isStale(): boolean {
    return this._isStale;
  }

  /** Whether what was written before the newer one was loaded can be put back. */
  get hasAside(): boolean {
    return this._aside !== null;
  }

  /** The field to go to now, for who uses the keyboard; it is told once. */
  takeFocus(): string | null {
    const field = this._focus;
    this._focus = null;
    return field;
  }

  async refresh(): Promise<void> {
    await this.attempt(async () => {
      const rubric = await this._source.load();
      this._take(rubric, !this.isDirty);
    });
  }

  /** Keep what is written. Goes to the first field with something wrong instead, if there is. */
  async save(): Promise<boolean> {
    const sent = this._draft;
    if (sent === null) {
      return false;
    }
    this._isTried = true;
    const [wrong] = drafts.problemsOf(sent).keys();
    if (wrong !== undefined) {
      this._focus = wrong;
      this.emit();
      return false;
    }
    return this.attempt(async () => {
      try {
        const rubric = await this._source.save(drafts.criteriaOf(sent), this._version);
        this._version = rubric.version;
        this._aside = null;
        this._take(rubric, this._draft === sent);
      } catch (reason) {
        this._isStale = isStale(reason);
        throw reason;
      }
    }, true);
  }

  /** Show the rubric as somebody else left it; what is written here is put aside. */
  async loadNewer(): Promise<void> {
    await this.attempt(async () => {
      const rubric = await this._source.load();
      this._aside = this._draft;
      this._take(rubric, true);
      this._focus = ASIDE;
    });
  }

  /** Write again what was put aside; saving it replaces the newer one, which was seen now. */
  bringBack(): void {
    const aside = this._aside;
    if (aside !== null) {
      this._set(aside);
      this._aside = null;
      this._focus = aside[0] ? drafts.titleField(aside[0].id) : null;
      this.emit();
    }
  }

  discard(): void {
    this._set(this._kept);
    this._version = this._keptVersion;
    this._removed = null;
    this._isTried = false;
    this._left.clear();
    this.emit();
  }

  /** Write what counts for all projects into this one's, to change it there. */
  startFromInherited(): void {
    this._set(drafts.draftOf(this._inherited));
    this._focus = this._draft?.[0] ? drafts.titleField(this._draft[0].id) : null;
    this.emit();
  }

  add(): void {
    const one = { id: this._newId(), title: '', text: '', points: '1', levels: [] };
    this._set([...(this._draft ?? []), one]);
    this._focus = drafts.titleField(one.id);
    this.emit();
  }

  change(id: string, values: Partial<Omit<ICriterionDraft, 'id'>>): void {
    this._set(drafts.changed(this._draft ?? [], id, values));
    this.emit();
  }

  /** Note that somebody has gone on from a field. */
  leave(field: string): void {
    this._left.add(field);
    this.emit();
  }

  /** Move a criterion up (-1) or down (1). */
  move(id: string, by: -1 | 1): void {
    const draft = this._draft ?? [];
    const after = drafts.moved(draft, id, by);
    if (after === draft) {
      return;
    }
    this._set(after);
    const place = after.findIndex(one => one.id === id);
    this._done = { what: 'moved', title: after[place]?.title ?? '', place: place + 1 };
    const isEnd = by < 0 ? place === 0 : place === after.length - 1;
    this._focus = `${id}/${by < 0 !== isEnd ? 'up' : 'down'}`;
    this.emit();
  }

  remove(id: string): void {
    const draft = this._draft ?? [];
    const at = draft.findIndex(one => one.id === id);
    const one = draft[at];
    if (one === undefined) {
      return;
    }
    const after = drafts.without(draft, id);
    this._set(after);
    this._removed = { id, title: one.title, restore: now => drafts.inserted(now, one, at) };
    this._done = { what: 'removed', title: one.title, place: 0 };
    this._focus = RESTORE;
    this.emit();
  }

  /** Put back what was removed last. */
  restore(): void {
    const removed = this._removed;
    if (removed !== null) {
      this._set(removed.restore(this._draft ?? []));
      this._removed = null;
      this._done = { what: 'restored', title: removed.title, place: 0 };
      this._focus = drafts.titleField(removed.id);
      this.emit();
    }
  }

  addLevel(id: string): void {
    const level = { key: this._newId(), points: '', text: '' };
    this._changeLevels(id, levels => [...levels, level]);
    this._focus = drafts.levelField(id, level.key);
    this.emit();
  }

  changeLevel(id: string, key: string, values: Partial<Omit<ILevelDraft, 'key'>>): void {
    this._changeLevels(id, levels =>
      levels.map(one => (one.key === key ? { ...one, ...values } : one))
    );
    this.emit();
  }

  removeLevel(id: string, key: string): void {
    const criterion = this._draft?.find(one => one.id === id);
    const level = criterion?.levels.find(one => one.key === key);
    if (criterion === undefined || level === undefined) {
      return;
    }
    this._changeLevels(id, levels => levels.filter(one => one.key !== key));
    const title = level.text || level.points;
    this._removed = {
      id,
      title,
      restore: now =>
        now.map(one => (one.id === id ? { ...one, levels: [...one.levels, level] } : one))
    };
    this._done = { what: 'removed', title, place: 0 };
    this._focus = RESTORE;
    this.emit();
  }

  private _changeLevels(
    id: string,
    change: (levels: readonly ILevelDraft[]) => readonly ILevelDraft[]
  ): void {
    const levels = this._draft?.find(one => one.id === id)?.levels ?? [];
    this._set(drafts.changed(this._draft ?? [], id, { levels: change(levels) }));
  }

  private _set(draft: Draft): void {
    this._draft = draft;
    this._done = null;
  }

  /**
   * Note what the server has, and show it unless something else is written by now: then what is
   * written is still made of an earlier version.
   */
  private _take({ criteria, isOwn, version }: IRubric, isShown: boolean): void {
    this._kept = drafts.draftOf(isOwn ? criteria : []);
    this._keptVersion = version;
    this._inherited = isOwn ? [] : criteria;
    if (isShown) {
      this._set(this._kept);
      this._version = version;
      this._isStale = false;
      this._removed = null;
      this._isTried = false;
      this._left.clear();
    }
  }

  private _draft: Draft | null = null;
  /** Of what the draft was made of. */
  private _version: string | null = null;
  private _isStale = false;
  private _aside: Draft | null = null;
  private _kept: Draft = [];
  private _keptVersion: string | null = null;
  private _inherited: readonly ICriterion[] = [];
  private _removed: IRemoved | null = null;
  private _done: IDone | null = null;
  private _focus: string | null = null;
  private _isTried = false;
  private readonly _left = new Set<string>();
}

interface IRemoved {
  /** The criterion that it was, or was in. */
  readonly id: string;
  readonly title: string;
  readonly restore: (now: Draft) => Draft;
}

/** What puts back what was written before a newer rubric was loaded; no criterion's field. */
export const ASIDE = 'aside';

/** What puts back what was removed; no criterion's field. */
export const RESTORE = 'restore';
