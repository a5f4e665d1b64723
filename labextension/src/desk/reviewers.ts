/** The editing of who reviews a project. */

import type { IPerson } from '../reviews/people.js';
import { Editing } from './editing.js';
import type { DeskApi } from './restapi.js';

export const MOST_NAMED = 100; // reviewers of a project

export class ReviewersModel extends Editing {
  constructor(
    private readonly _api: Pick<DeskApi, 'people' | 'named' | 'name'>,
    private readonly _project: string,
    words: (reason: unknown) => string
  ) {
    super(words);
  }

  /** Everybody who may review, by name; null until the server has answered. */
  get people(): readonly IPerson[] | null {
    return this._people;
  }

  /** The ids of those who shall review; nobody: whoever else may. */
  get named(): ReadonlySet<string> {
    return this._named;
  }

  /** How many are named who may not review any more: saving leaves them out. */
  get gone(): number {
    const known = new Set(this._people?.map(one => one.id));
    return [...this._named].filter(one => !known.has(one)).length;
  }

  get isFull(): boolean {
    return this._named.size >= MOST_NAMED;
  }

  get isDirty(): boolean {
    return !sameOf(this._named, this._kept);
  }

  async refresh(): Promise<void> {
    await this.attempt(async () => {
      const before = this._named;
      const wasDirty = this.isDirty;
      const [people, named] = await Promise.all([
        this._api.people(),
        this._api.named(this._project)
      ]);
      this._people = people;
      this._kept = new Set(named);
      if (!wasDirty && this._named === before) {
        this._named = this._kept;
      }
    });
  }

  set(id: string, isNamed: boolean): void {
    const others = [...this._named].filter(one => one !== id);
    this._named = new Set(isNamed ? [...others, id] : others);
    this.emit();
  }

  async save(): Promise<boolean> {
    const sent = this._named;
    const known = new Set(this._people?.map(one => one.id));
    return this.attempt(async () => {
      const wanted = [...sent].filter(one => known.has(one));
      this._kept = new Set(await this._api.name(this._project, wanted));
      if (this._named === sent) {
        this._named = this._kept;
      }
    }, true);
  }

  discard(): void {
    this._named = this._kept;
    this.emit();
  }

  private _people: readonly IPerson[] | null = null;
  private _named: ReadonlySet<string> = new Set();
  private _kept: ReadonlySet<string> = new Set();
}

function sameOf(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every(each => other.has(each));
}
