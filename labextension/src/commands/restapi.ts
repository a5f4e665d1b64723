/** Command lines over the platform's REST API. */

import type { ServerApi } from '../server/api.js';
import { isRecord, textOf } from '../server/shape.js';
import { pageFrom, type IPage } from './data.js';

/** Every method rejects with ApiError for a refusal, and NetworkError when there is no answer. */
export class CommandsApi {
  constructor(private readonly _api: ServerApi) {}

  /** One's own in a project with all the words, the latest first, after the one that is named. */
  async search(project: string, words: string, before: string | null): Promise<IPage> {
    const query = new URLSearchParams({ q: words, ...(before === null ? {} : { before }) });
    return pageFrom(await this._api.get(`api/projects/${project}/commands?${query.toString()}`));
  }

  async forget(project: string, id: string): Promise<void> {
    await this._api.delete(`api/projects/${project}/commands/${id}`);
  }

  async forgetAll(project: string): Promise<void> {
    await this._api.delete(`api/projects/${project}/commands`);
  }

  /** The folder that a terminal's shell is in, as the contents API has it; null for elsewhere. */
  async folderOf(terminal: string): Promise<string | null> {
    const answer = await this._api.get(`api/terminals/${terminal}`);
    return isRecord(answer) && typeof answer.cwd === 'string' ? textOf(answer, 'cwd') : null;
  }
}
