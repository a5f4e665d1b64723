/** Reviews over the platform's REST API. */

import { differenceFrom, type IDifference } from '../history/data.js';
import type { ServerApi } from '../server/api.js';
import {
  cellsFrom,
  filesFrom,
  submissionsFrom,
  threadsFrom,
  viewFrom,
  type ICell,
  type ISubmission,
  type ISubmissionView,
  type ISubmittedFile,
  type IThread
} from './data.js';

/** What a new comment is about. */
export interface ITarget {
  readonly round: number;
  readonly path: string | null;
  readonly cellId: string | null;
  readonly line: number | null;
}

/** Every method rejects with ApiError for a refusal, and NetworkError when there is no answer. */
export class ReviewApi {
  constructor(private readonly _api: ServerApi) {}

  async submit(project: string, message: string): Promise<ISubmissionView> {
    return viewFrom(await this._api.post(`api/projects/${project}/submissions`, { message }));
  }

  /** The submissions that the reader sees, or those of their own work only. */
  async submissions(isOwn: boolean): Promise<ISubmission[]> {
    return submissionsFrom(await this._api.get(`api/submissions/${isOwn ? '?own=1' : ''}`));
  }

  /** How much the reader has been told and has not seen. */
  async unread(): Promise<number> {
    const notices = await this._api.get('api/notices');
    return Array.isArray(notices)
      ? notices.filter(one => (one as { read?: unknown }).read === false).length
      : 0;
  }

  async markRead(): Promise<void> {
    await this._api.delete('api/notices');
  }

  async view(id: string): Promise<ISubmissionView> {
    return viewFrom(await this._api.get(at(id, '')));
  }

  async files(id: string, round: number): Promise<ISubmittedFile[]> {
    return filesFrom(await this._api.get(at(id, `/files?round=${round}`)));
  }

  async cells(id: string, round: number, path: string): Promise<ICell[]> {
    return cellsFrom(await this._api.get(at(id, `/contents/${encoded(path)}?round=${round}`)));
  }

  /** The address of a page that shows a file and can do nothing. */
  page(id: string, round: number, path: string, place: string): string {
    const url = this._api.url(at(id, `/view/${encoded(path)}?round=${round}`));
    return place === '' ? url : `${url}#${place}`;
  }

  async difference(id: string, path: string, old: number, round: number): Promise<IDifference> {
    const query = new URLSearchParams({ path, against: `${old}`, round: `${round}` });
    return differenceFrom(await this._api.get(at(id, `/diff?${query.toString()}`)));
  }

  async threads(id: string, round: number): Promise<IThread[]> {
    return threadsFrom(await this._api.get(at(id, `/comments?round=${round}`)));
  }

  async comment(id: string, target: ITarget, body: string, suggestion: string | null) {
    const { round, path, cellId, line } = target;
    const anchor = { cell_id: cellId, line };
    await this._api.post(at(id, '/comments'), { round, path, anchor, body, suggestion });
  }

  async answer(id: string, comment: string, body: string): Promise<void> {
    await this._api.post(at(id, '/comments'), { reply_to: comment, body });
  }

  async apply(id: string, comment: string): Promise<void> {
    await this._api.post(at(id, `/comments/${comment}/apply`));
  }

  async resolve(id: string, thread: string, isResolved: boolean): Promise<void> {
    const path = at(id, `/threads/${thread}/resolved`);
    await (isResolved ? this._api.put(path) : this._api.delete(path));
  }

  async claim(id: string): Promise<void> {
    await this._api.post(at(id, '/claim'));
  }

  async release(id: string): Promise<void> {
    await this._api.delete(at(id, '/claim'));
  }

  async withdraw(id: string): Promise<void> {
    await this._api.post(at(id, '/withdraw'));
  }

  async decide(id: string, round: number, isApproval: boolean, summary: string): Promise<void> {
    const decision = isApproval ? 'approve' : 'request_changes';
    await this._api.post(at(id, '/decision'), { round, decision, summary });
  }
}

function at(id: string, what: string): string {
  return `api/submissions/${id}${what}`;
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
