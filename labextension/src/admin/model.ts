/** The installation as an admin looks at it: asked again every few seconds while it is on screen. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { Role } from '../account/model.js';
import { NO_ACTS, withNewest, withOlder, type IActs } from './acts.js';
import type { IGroup, IOverview, IRoster, ISandbox, IUser } from './data.js';

/** What the model needs of the server. */
export interface IAdminSource {
  overview(): Promise<IOverview>;
  sandboxes(): Promise<readonly ISandbox[]>;
  users(): Promise<readonly IUser[]>;
  groups(): Promise<readonly IGroup[]>;
  acts(before?: number): Promise<IActs>;
  roster(group: string): Promise<IRoster>;
  makeGroup(name: string): Promise<void>;
  renameGroup(group: string, name: string): Promise<void>;
  removeGroup(group: string): Promise<void>;
  setRoster(group: string, roster: IRoster): Promise<void>;
  stop(sandbox: string): Promise<void>;
  change(user: string, values: { role?: Role; disabled?: boolean }): Promise<void>;
}

/** What is known; null until the server has answered once. */
export interface IKnown {
  readonly overview: IOverview;
  readonly sandboxes: readonly ISandbox[];
  readonly users: readonly IUser[];
  readonly groups: readonly IGroup[];
  readonly acts: IActs;
}

/** Keeps what was answered last, and says so when the server does not answer. */
export class AdminModel {
  constructor(
    private readonly _source: IAdminSource,
    private readonly _words: (reason: unknown) => string
  ) {}

  get known(): IKnown | null {
    return this._known;
  }

  /** Why the last request failed, `''` when it did not. */
  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask for everything; what is shown stays when there is no answer. */
  async refresh(): Promise<void> {
    const turn = ++this._turn;
    try {
      const { _source } = this;
      const [overview, sandboxes, users, groups, newest] = await Promise.all([
        _source.overview(),
        _source.sandboxes(),
        _source.users(),
        _source.groups(),
        _source.acts()
      ]);
      if (turn === this._turn) {
        const acts = withNewest(newest, this._known?.acts ?? NO_ACTS);
        this._known = { overview, sandboxes, users, groups, acts };
        this._problem = '';
      }
    } catch (reason) {
      this._problem = this._words(reason);
    }
    this._changed.emit();
  }

  /** Ask for acts before those that are known. */
  async moreActs(): Promise<void> {
    const from = this._known?.acts.next ?? null;
    if (from === null) {
      return;
    }
    try {
      const older = await this._source.acts(from);
      const { _known: known } = this;
      if (known !== null && known.acts.next === from) {
        this._known = { ...known, acts: withOlder(known.acts, older) };
      }
    } catch (reason) {
      this._problem = this._words(reason);
    }
    this._changed.emit();
  }

  stop(sandbox: ISandbox): Promise<void> {
    return this._do(() => this._source.stop(sandbox.id));
  }

  setRole(user: IUser, role: Role): Promise<void> {
    return this._do(() => this._source.change(user.id, { role }));
  }

  setDisabled(user: IUser, disabled: boolean): Promise<void> {
    return this._do(() => this._source.change(user.id, { disabled }));
  }

  makeGroup(name: string): Promise<void> {
    return this._do(() => this._source.makeGroup(name));
  }

  renameGroup(group: IGroup, name: string): Promise<void> {
    return this._do(() => this._source.renameGroup(group.id, name));
  }

  removeGroup(group: IGroup): Promise<void> {
    return this._do(() => this._source.removeGroup(group.id));
  }

  /** Who is in a group now. */
  roster(group: IGroup): Promise<IRoster> {
    return this._source.roster(group.id);
  }

  setRoster(group: IGroup, roster: IRoster): Promise<void> {
    return this._do(() => this._source.setRoster(group.id, roster));
  }

  /** Do something and look again, whether it was done or refused; rejects with the refusal. */
  private async _do(deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
    } finally {
      await this.refresh();
    }
  }

  private _known: IKnown | null = null;
  private _problem = '';
  private _turn = 0;
  private readonly _changed = new Signal<this, void>(this);
}
