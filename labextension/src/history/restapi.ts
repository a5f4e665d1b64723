/** A project's past over the platform's REST API. */

import type { ServerApi } from '../server/api.js';
import { isRecord } from '../server/shape.js';
import {
  changesFrom,
  checkpointsFrom,
  differenceFrom,
  pageFrom,
  returnFrom,
  revisionFrom,
  type IChanges,
  type ICheckpoint,
  type IDifference,
  type IPage,
  type IReturn,
  type IRevision
} from './data.js';

/** What a comparison is with when it is with what is there. */
export const NOW = 'now';

/** Every method rejects with ApiError for a refusal, and NetworkError when there is no answer. */
export class HistoryApi {
  constructor(private readonly _api: ServerApi) {}

  /** The revisions of a file, newest first, after the one that is named. */
  async revisions(project: string, path: string, before: string | null): Promise<IPage> {
    return pageFrom(await this._api.get(at(project, 'history', { path, before })));
  }

  /** The last revisions of the files that are there no longer. */
  async gone(project: string, before: string | null): Promise<IPage> {
    return pageFrom(await this._api.get(at(project, 'gone', { before })));
  }

  /** What differs between a revision and another, or `NOW`. */
  async difference(
    project: string,
    path: string,
    from: string,
    to: string
  ): Promise<IDifference> {
    return differenceFrom(await this._api.get(at(project, 'diff', { path, from, to })));
  }

  /** A revision's line in the history. */
  async about(project: string, revision: string): Promise<IRevision> {
    const answer = await this._api.get(at(project, `revisions/${revision}`, { format: 'about' }));
    return revisionFrom(isRecord(answer) ? answer : {});
  }

  /** The bytes of a revision, or with `NOW` of the file that is there, as text. */
  text(project: string, path: string, revision: string): Promise<string> {
    const file = path.split('/').map(encodeURIComponent).join('/');
    return this._api.text(
      revision === NOW ? at(project, `files/${file}`, {}) : at(project, `revisions/${revision}`, {})
    );
  }

  /** Where the browser finds a revision, to show it or to save it to disk. */
  url(project: string, revision: string, download = false): string {
    return this._api.url(at(project, `revisions/${revision}`, download ? { download: '1' } : {}));
  }

  /** Save a revision at a path; `isNew`: only where there is nothing. */
  async restore(project: string, path: string, revision: string, isNew: boolean): Promise<void> {
    await this._api.post(at(project, 'restore', {}), { path, revision, new: isNew });
  }

  async checkpoints(project: string): Promise<ICheckpoint[]> {
    return checkpointsFrom(await this._api.get(at(project, 'checkpoints', {})));
  }

  async createCheckpoint(project: string, name: string): Promise<void> {
    await this._api.post(at(project, 'checkpoints', {}), { name });
  }

  async changes(project: string, checkpoint: string): Promise<IChanges> {
    return changesFrom(await this._api.get(at(project, `checkpoints/${checkpoint}/changes`, {})));
  }

  async bringBack(project: string, checkpoint: string): Promise<IReturn> {
    return returnFrom(await this._api.post(at(project, `checkpoints/${checkpoint}/restore`, {})));
  }

  async deleteCheckpoint(project: string, checkpoint: string): Promise<void> {
    await this._api.delete(at(project, `checkpoints/${checkpoint}`, {}));
  }
}

/** The address of something of a project; what is null in the query is left out. */
function at(project: string, what: string, query: Record<string, string | null>): string {
  const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== null);
  const search = new URLSearchParams(given).toString();
  return `api/projects/${project}/${what}${search === '' ? '' : `?${search}`}`;
}
