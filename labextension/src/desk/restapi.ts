/** Reviewers of projects, and rubrics, over the platform's REST API; checked on arrival. */

import { peopleFrom, type IPerson } from '../reviews/people.js';
import { rubricFrom, type ICriterion } from '../reviews/rubric.js';
import type { ServerApi } from '../server/api.js';
import { isRecord, textOf, textsOf } from '../server/shape.js';

/** What points are given for. */
export interface IRubric {
  readonly criteria: readonly ICriterion[];
  /** Whether it is the project's own; if not, it is that of all projects without one. */
  readonly isOwn: boolean;
  /** Of what can be changed here; null if the server says none. */
  readonly version: string | null;
}

/** Every method rejects with ApiError for a refusal, and NetworkError when there is no answer. */
export class DeskApi {
  constructor(private readonly _api: ServerApi) {}

  /** Everybody who may review. */
  async people(): Promise<IPerson[]> {
    return peopleFrom(await this._api.get('api/reviewers'));
  }

  /** The ids of those whom a project names; none if it names nobody. */
  async named(project: string): Promise<string[]> {
    return namedFrom(await this._api.get(`api/projects/${project}/reviewers`));
  }

  /** Name a project's reviewers; resolves with whom it names then. */
  async name(project: string, reviewers: readonly string[]): Promise<string[]> {
    return namedFrom(await this._api.put(`api/projects/${project}/reviewers`, { reviewers }));
  }

  /** What points are given for in a project. */
  async rubric(project: string): Promise<IRubric> {
    return rubricOf(await this._api.get(`api/projects/${project}/rubric`));
  }

  /** Change a project's rubric; without criteria it has none of its own. */
  async saveRubric(
    project: string,
    criteria: readonly ICriterion[],
    version: string | null
  ): Promise<IRubric> {
    return rubricOf(await this._api.put(`api/projects/${project}/rubric`, { criteria }, version));
  }

  /** What points are given for in all projects without a rubric of their own. */
  async rubricOfAll(): Promise<IRubric> {
    return { ...rubricOf(await this._api.get('api/rubric')), isOwn: true };
  }

  /** Change that. Admins only. */
  async saveRubricOfAll(criteria: readonly ICriterion[], version: string | null): Promise<IRubric> {
    return { ...rubricOf(await this._api.put('api/rubric', { criteria }, version)), isOwn: true };
  }
}

export function rubricOf(answer: unknown): IRubric {
  const own = isRecord(answer) ? answer : {};
  return {
    criteria: rubricFrom(answer),
    isOwn: own.own === true,
    version: textOf(own, 'version') || null
  };
}

export function namedFrom(answer: unknown): string[] {
  return textsOf(isRecord(answer) ? answer.reviewers : null);
}
