/** Asks the server about sandboxes, and has them started, kept and stopped. */

import type { ServerApi } from '../server/api.js';
import { ApiError } from '../server/refusal.js';
import { sandboxFrom, sandboxOfProject, type ISandbox } from './data.js';

export class SandboxApi {
  constructor(private readonly _api: ServerApi) {}

  async ofProject(projectId: string): Promise<ISandbox | null> {
    return sandboxOfProject(await this._api.get('api/containers/'), projectId);
  }

  /** Null when it is not there, or not one's own any more. */
  async get(id: string): Promise<ISandbox | null> {
    try {
      return sandboxFrom(await this._api.get(`api/containers/${id}`));
    } catch (reason) {
      if (reason instanceof ApiError && reason.status === 404) {
        return null;
      }
      throw reason;
    }
  }

  /** Resolve when the project's sandbox runs. */
  async start(projectId: string): Promise<void> {
    await this._api.post('api/containers/', { project: projectId });
  }

  stop(id: string): Promise<void> {
    return this._api.delete(`api/containers/${id}`);
  }

  /** Count as using it, so that it is not stopped for being unused. */
  async keep(id: string): Promise<void> {
    await this._api.post(`api/containers/${id}/activity`);
  }
}
