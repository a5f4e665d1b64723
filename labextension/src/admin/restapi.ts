/** The requests of the administration. */

import type { Role } from '../account/model.js';
import type { ServerApi } from '../server/api.js';
import { actsFrom, type IActs } from './acts.js';
import {
  groupsFrom,
  overviewFrom,
  rosterFrom,
  sandboxesFrom,
  usersFrom,
  type IGroup,
  type IOverview,
  type IRoster,
  type ISandbox,
  type IUser
} from './data.js';

/** What an admin asks of the server; every method rejects with what the server says against it. */
export class AdminApi {
  constructor(private readonly _api: ServerApi) {}

  async overview(): Promise<IOverview> {
    return overviewFrom(await this._api.get('api/admin/overview'));
  }

  async sandboxes(): Promise<readonly ISandbox[]> {
    return sandboxesFrom(await this._api.get('api/admin/sandboxes/'));
  }

  async users(): Promise<readonly IUser[]> {
    return usersFrom(await this._api.get('api/admin/users/'));
  }

  /** What admins did, the newest first: those before a number, if one is given. */
  async acts(before: number | null = null): Promise<IActs> {
    const query = before === null ? '' : `?before=${before}`;
    return actsFrom(await this._api.get(`api/admin/acts${query}`));
  }

  /** End a sandbox; what its code wrote is kept. */
  stop(sandbox: string): Promise<void> {
    return this._api.delete(`api/admin/sandboxes/${sandbox}`);
  }

  async change(user: string, values: { role?: Role; disabled?: boolean }): Promise<void> {
    await this._api.patch(`api/admin/users/${user}`, values);
  }

  async groups(): Promise<readonly IGroup[]> {
    return groupsFrom(await this._api.get('api/groups/'));
  }

  async roster(group: string): Promise<IRoster> {
    return rosterFrom(await this._api.get(`api/groups/${group}`));
  }

  async makeGroup(name: string): Promise<void> {
    await this._api.post('api/groups/', { name });
  }

  async renameGroup(group: string, name: string): Promise<void> {
    await this._api.patch(`api/groups/${group}`, { name });
  }

  /** Its people, and their work, stay. */
  removeGroup(group: string): Promise<void> {
    return this._api.delete(`api/groups/${group}`);
  }

  /** Say who is in a group, and nobody else; rejects if somebody else did so meanwhile. */
  async setRoster(group: string, { members, reviewers, version }: IRoster): Promise<void> {
    const place = `api/groups/${group}`;
    const answer = await this._api.put(`${place}/reviewers`, { reviewers: [...reviewers] }, version);
    const between = version === null ? null : rosterFrom(answer).version;
    await this._api.put(`${place}/members`, { members: [...members] }, between);
  }
}
