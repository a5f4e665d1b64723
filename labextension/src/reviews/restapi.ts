/** Reviews over the platform's REST API. */

import { differenceFrom, type IDifference } from '../history/data.js';
import type { ServerApi } from '../server/api.js';
import {
  filesFrom,
  noticesFrom,
  previewFrom,
  seenFrom,
  savedCommentsFrom,
  submissionsFrom,
  viewFrom,
  type INotice,
  type IPreview,
  type ISeen,
  type ISavedComment,
  type ISubmission,
  type ISubmissionView,
  type ISubmittedFile
} from './data.js';
import { shownFrom, type IShown } from './parts.js';
import {
  groupsFrom,
  peopleFrom,
  readerFrom,
  type IGroup,
  type IPerson,
  type IReader
} from './people.js';
import { reproductionFrom, type IReproduction } from './reproduction.js';
import { rubricFrom, type ICriterion, type IGiven } from './rubric.js';
import { threadsFrom, type IThread } from './said.js';

/** What a new comment is about. */
export interface ITarget {
  readonly path: string | null;
  readonly cellId: string | null;
  readonly line: number | null;
  readonly endLine: number | null;
  readonly output: number | null;
}

/** The words of a comment. */
export interface ISaid {
  readonly body: string;
  /** What should stand in the place instead; null if nothing is suggested. */
  readonly suggestion: string | null;
}

/** What a reviewer decides. */
export interface IDecided {
  readonly isApproval: boolean;
  readonly summary: string;
  readonly scores: readonly IGiven[];
}

/** Every method rejects with ApiError for a refusal, and NetworkError when there is no answer. */
export class ReviewApi {
  constructor(private readonly _api: ServerApi) {}

  async submit(project: string, message: string): Promise<ISubmissionView> {
    return viewFrom(await this._api.post(`api/projects/${project}/submissions`, { message }));
  }

  /** The submissions that the reader sees and a query asks for. */
  async submissions(query: string): Promise<ISubmission[]> {
    return submissionsFrom(await this._api.get(`api/submissions/?${query}`));
  }

  /** Those of the reader's own work. */
  own(): Promise<ISubmission[]> {
    return this.submissions('own=1');
  }

  async reader(): Promise<IReader> {
    return readerFrom(await this._api.get('api/me'));
  }

  /** Everybody who may review, or whose task a submission can be. */
  async reviewers(submission?: string): Promise<IPerson[]> {
    const query = submission === undefined ? '' : `?submission=${submission}`;
    return peopleFrom(await this._api.get(`api/reviewers${query}`));
  }

  /** The groups whose people the reader sees. */
  async groups(): Promise<IGroup[]> {
    return groupsFrom(await this._api.get('api/groups/'));
  }

  /** What a submission of the project would have in it. */
  async preview(project: string): Promise<IPreview> {
    return previewFrom(await this._api.get(`api/projects/${project}/submissions/preview`));
  }

  async notices(): Promise<INotice[]> {
    return noticesFrom(await this._api.get('api/notices'));
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

  /** What the reader has seen before a round. */
  async seen(id: string, round: number): Promise<ISeen> {
    return seenFrom(await this._api.get(at(id, `/changes?against=mine&round=${round}`)));
  }

  /** A file in parts. */
  async shown(id: string, round: number, path: string): Promise<IShown> {
    return shownFrom(await this._api.get(at(id, `/parts/${encoded(path)}?round=${round}`)));
  }

  /** A file as the contents API has it, read-only and never trusted; unchecked. */
  contents(id: string, round: number, path: string, query: string): Promise<unknown> {
    return this._api.get(at(id, `/contents/${encoded(path)}?round=${round}${query}`));
  }

  /** A file's text. */
  text(id: string, round: number, path: string): Promise<string> {
    return this._api.text(at(id, `/raw/${encoded(path)}?round=${round}`));
  }

  /** Where a file can be downloaded. */
  download(id: string, round: number, path: string): string {
    return this._api.url(at(id, `/raw/${encoded(path)}?round=${round}&download=1`));
  }

  async difference(id: string, path: string, old: number, round: number): Promise<IDifference> {
    const query = new URLSearchParams({ path, against: `${old}`, round: `${round}` });
    return differenceFrom(await this._api.get(at(id, `/diff?${query.toString()}`)));
  }

  /** Whether a round reproduces; null if it was not run. */
  async reproduction(id: string, round: number): Promise<IReproduction | null> {
    return reproductionFrom(await this._api.get(at(id, `/reproduction?round=${round}`)));
  }

  async checkAgain(id: string, round: number): Promise<void> {
    await this._api.post(at(id, '/reproduction'), { round });
  }

  async cancelCheck(id: string, round: number): Promise<void> {
    await this._api.delete(at(id, `/reproduction?round=${round}`));
  }

  async threads(id: string, round: number): Promise<IThread[]> {
    return threadsFrom(await this._api.get(at(id, `/comments?round=${round}`)));
  }

  async comment(id: string, round: number, target: ITarget, said: ISaid): Promise<void> {
    const { path, cellId, line, endLine, output } = target;
    const anchor = { cell_id: cellId, line, end_line: endLine, output };
    await this._api.post(at(id, '/comments'), { round, path, anchor, ...said });
  }

  /** Change one's own comment. */
  async edit(id: string, comment: string, said: ISaid): Promise<void> {
    await this._api.patch(at(id, `/comments/${comment}`), said);
  }

  /** Remove one's own draft. */
  async remove(id: string, comment: string): Promise<void> {
    await this._api.delete(at(id, `/comments/${comment}`));
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

  /** Make it somebody's task. */
  async assign(id: string, reviewer: string): Promise<void> {
    await this._api.post(at(id, '/assign'), { reviewer });
  }

  async withdraw(id: string): Promise<void> {
    await this._api.post(at(id, '/withdraw'));
  }

  /** What points are given for. */
  async rubric(id: string): Promise<ICriterion[]> {
    return rubricFrom(await this._api.get(at(id, '/rubric')));
  }

  async decide(id: string, round: number, decided: IDecided): Promise<void> {
    const { isApproval, summary, scores } = decided;
    const decision = isApproval ? 'approve' : 'request_changes';
    await this._api.post(at(id, '/decision'), { round, decision, summary, scores });
  }

  /** The reader's own, by title. */
  async savedComments(): Promise<ISavedComment[]> {
    return savedCommentsFrom(await this._api.get('api/saved-comments/'));
  }

  async saveComment(title: string, body: string): Promise<void> {
    await this._api.post('api/saved-comments/', { title, body });
  }

  async dropComment(id: string): Promise<void> {
    await this._api.delete(`api/saved-comments/${id}`);
  }
}

function at(id: string, what: string): string {
  return `api/submissions/${id}${what}`;
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
