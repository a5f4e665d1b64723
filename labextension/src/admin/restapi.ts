/** The requests of the administration. */

import type { Role } from '../account/model.js';
import type { ServerApi } from '../server/api.js';
import {
  overviewFrom,
  sandboxesFrom,
  usersFrom,
  type IOverview,
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

  /** End a sandbox; what its code wrote is kept. */
  stop(sandbox: string): Promise<void> {
    return this._api.delete(`api/admin/sandboxes/${sandbox}`);
  }

  async change(user: string, values: { role?: Role; disabled?: boolean }): Promise<void> {
    await this._api.patch(`api/admin/users/${user}`, values);
  }
}
