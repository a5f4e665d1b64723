/** Submissions and what is said about them, as the server tells it; checked on arrival. */

import { isRecord, numberOf, recordsOf, textOf, textsOf } from '../server/shape.js';
import { NOBODY, personFrom, type IPerson } from './people.js';
import { scoresFrom, type IScore } from './rubric.js';

export const STATES = [
  'submitted',
  'in_review',
  'changes_requested',
  'approved',
  'withdrawn'
] as const;
export type State = (typeof STATES)[number];

export interface ISubmission {
  readonly id: string;
  readonly project: string;
  readonly projectName: string;
  readonly state: State;
  readonly round: number;
  readonly submitter: IPerson;
  readonly reviewer: IPerson | null;
  readonly updatedAt: Date;
}

export interface IDecision {
  readonly isApproval: boolean;
  readonly summary: string;
  readonly reviewer: IPerson;
  readonly scores: readonly IScore[];
}

export interface IRound {
  readonly number: number;
  readonly message: string;
  readonly submitter: IPerson;
  readonly submittedAt: Date;
  readonly files: number;
  readonly decision: IDecision | null;
}

export interface ISubmissionView extends ISubmission {
  readonly rounds: readonly IRound[];
  readonly mayReview: boolean;
  readonly mayChange: boolean;
  /** Whether the reader may give it to a reviewer, or back to the queue. */
  readonly mayAssign: boolean;
}

export interface ISubmittedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** What a reviewer has seen of a submission before a round. */
export interface ISeen {
  /** The last round that they judged or spoke of; null if they never did. */
  readonly round: number | null;
  /** Paths of files that are not as they were then. */
  readonly unseen: readonly string[];
}

/** Something that a reviewer says again and again. */
export interface ISavedComment {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

/** What a submission would have in it. */
export interface IPreview {
  /** Null if it would be a new one. */
  readonly submission: string | null;
  readonly round: number;
  /** Whether a round waits for its decision, so that nothing can be submitted. */
  readonly isWaiting: boolean;
  readonly files: readonly ISubmittedFile[];
  /** Paths, since the round before; null for a first round. */
  readonly changed: IChangedPaths | null;
  /** Paths of files that are in the sandbox only. */
  readonly unkept: readonly string[];
}

export interface IChangedPaths {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Something that the reader is told. */
export interface INotice {
  readonly submission: string;
  readonly projectName: string;
  readonly what: string;
  readonly actor: IPerson;
  readonly at: Date;
  readonly isRead: boolean;
  readonly decision: string;
}

export function submissionsFrom(answer: unknown): ISubmission[] {
  return recordsOf(answer).map(submissionFrom);
}

/** Whether a round waits for its decision. */
export function isUndecided({ state }: ISubmission): boolean {
  return state === 'submitted' || state === 'in_review';
}

export function viewFrom(answer: unknown): ISubmissionView {
  const one = isRecord(answer) ? answer : {};
  const may = isRecord(one.may) ? one.may : {};
  return {
    ...submissionFrom(one),
    rounds: recordsOf(one.rounds).map(roundFrom),
    mayReview: may.review === true,
    mayChange: may.change === true,
    mayAssign: may.assign === true
  };
}

export function filesFrom(answer: unknown): ISubmittedFile[] {
  return recordsOf(answer).map(one => ({
    path: textOf(one, 'path'),
    size: numberOf(one, 'size') ?? 0,
    sha256: textOf(one, 'sha256')
  }));
}

export function seenFrom(answer: unknown): ISeen {
  const one = isRecord(answer) ? answer : {};
  const after = recordsOf(one.files).map(({ after }) => (isRecord(after) ? after : {}));
  return {
    round: numberOf(one, 'against'),
    unseen: after.map(file => textOf(file, 'path')).filter(path => path !== '')
  };
}

export function savedCommentsFrom(answer: unknown): ISavedComment[] {
  return recordsOf(answer).map(one => ({
    id: textOf(one, 'id'),
    title: textOf(one, 'title'),
    body: textOf(one, 'body')
  }));
}

export function previewFrom(answer: unknown): IPreview {
  const one = isRecord(answer) ? answer : {};
  const changed = isRecord(one.changed) ? one.changed : null;
  return {
    submission: typeof one.submission === 'string' ? one.submission : null,
    round: numberOf(one, 'round') ?? 1,
    isWaiting: one.waiting === true,
    files: filesFrom(one.files),
    changed: changed && {
      added: textsOf(changed.added),
      changed: textsOf(changed.changed),
      removed: textsOf(changed.removed)
    },
    unkept: textsOf(one.unkept)
  };
}

export function noticesFrom(answer: unknown): INotice[] {
  return recordsOf(answer).map(one => ({
    submission: textOf(one, 'submission'),
    projectName: textOf(one, 'project_name'),
    what: textOf(one, 'what'),
    actor: personFrom(one.actor) ?? NOBODY,
    at: new Date(textOf(one, 'at')),
    isRead: one.read === true,
    decision: isRecord(one.detail) ? textOf(one.detail, 'decision') : ''
  }));
}

function submissionFrom(one: Record<string, unknown>): ISubmission {
  return {
    id: textOf(one, 'id'),
    project: textOf(one, 'project'),
    projectName: textOf(one, 'project_name'),
    state: STATES.find(known => known === one.state) ?? 'withdrawn',
    round: numberOf(one, 'round') ?? 1,
    submitter: personFrom(one.submitter) ?? NOBODY,
    reviewer: personFrom(one.reviewer),
    updatedAt: new Date(textOf(one, 'updated_at'))
  };
}

function roundFrom(one: Record<string, unknown>): IRound {
  const decision = isRecord(one.decision) ? one.decision : null;
  return {
    number: numberOf(one, 'number') ?? 1,
    message: textOf(one, 'message'),
    submitter: personFrom(one.submitter) ?? NOBODY,
    submittedAt: new Date(textOf(one, 'submitted_at')),
    files: numberOf(one, 'files') ?? 0,
    decision: decision && {
      isApproval: decision.decision === 'approve',
      summary: textOf(decision, 'summary'),
      reviewer: personFrom(decision.reviewer) ?? NOBODY,
      scores: scoresFrom(decision.scores)
    }
  };
}
