/** Submissions and what is said about them, as the server tells it; checked on arrival. */

import { isRecord, numberOf, recordsOf, textOf, textsOf } from '../server/shape.js';
import { scoresFrom, type IScore } from './rubric.js';

export const STATES = [
  'submitted',
  'in_review',
  'changes_requested',
  'approved',
  'withdrawn'
] as const;
export type State = (typeof STATES)[number];

export interface IPerson {
  readonly id: string;
  readonly name: string;
}

/** A group of learners. */
export interface IGroup {
  readonly id: string;
  readonly name: string;
}

/** Who looks. */
export interface IReader {
  readonly id: string;
  readonly mayReview: boolean;
}

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

/** A part of a file; with everything null, all of it. Lines count from 1, outputs from 0. */
export interface IAnchor {
  readonly cellId: string | null;
  readonly line: number | null;
  readonly endLine: number | null;
  readonly output: number | null;
  readonly quote: string;
}

export interface IPlaceNow {
  readonly fate: 'same' | 'moved' | 'changed' | 'outdated';
  readonly path: string | null;
  readonly anchor: IAnchor;
}

export interface IComment {
  readonly id: string;
  readonly author: IPerson;
  readonly body: string;
  readonly suggestion: string | null;
  readonly isDraft: boolean;
  readonly isEdited: boolean;
  readonly at: Date;
}

export interface IThread {
  readonly id: string;
  readonly round: number;
  readonly path: string | null;
  readonly anchor: IAnchor;
  readonly comments: readonly IComment[];
  readonly isResolved: boolean;
  readonly isApplied: boolean;
  readonly now: IPlaceNow | null;
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

export function readerFrom(answer: unknown): IReader {
  const identity = isRecord(answer) && isRecord(answer.identity) ? answer.identity : {};
  return { id: textOf(identity, 'id'), mayReview: REVIEWING.includes(textOf(identity, 'role')) };
}

export function peopleFrom(answer: unknown): IPerson[] {
  return recordsOf(answer).flatMap(one => personFrom(one) ?? []);
}

/** Of those whose names alone are told, nothing. */
export function groupsFrom(answer: unknown): IGroup[] {
  return recordsOf(answer)
    .filter(one => isRecord(one.counts))
    .map(one => ({ id: textOf(one, 'id'), name: textOf(one, 'name') }));
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

export function threadsFrom(answer: unknown): IThread[] {
  return recordsOf(answer).map(one => ({
    id: textOf(one, 'id'),
    round: numberOf(one, 'round') ?? 1,
    path: typeof one.path === 'string' ? one.path : null,
    anchor: anchorFrom(one.anchor),
    comments: recordsOf(one.comments).map(commentFrom),
    isResolved: isRecord(one.resolved),
    isApplied: typeof one.applied_at === 'string',
    now: isRecord(one.now) ? placeFrom(one.now) : null
  }));
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

function commentFrom(one: Record<string, unknown>): IComment {
  return {
    id: textOf(one, 'id'),
    author: personFrom(one.author) ?? NOBODY,
    body: textOf(one, 'body'),
    suggestion: typeof one.suggestion === 'string' ? one.suggestion : null,
    isDraft: one.draft === true,
    isEdited: one.draft !== true && typeof one.edited_at === 'string',
    at: new Date(textOf(one, 'created_at'))
  };
}

const FATES = ['same', 'moved', 'changed', 'outdated'] as const;

function placeFrom(one: Record<string, unknown>): IPlaceNow {
  return {
    fate: FATES.find(known => known === one.fate) ?? 'outdated',
    path: typeof one.path === 'string' ? one.path : null,
    anchor: anchorFrom(one.anchor)
  };
}

function anchorFrom(value: unknown): IAnchor {
  const one = isRecord(value) ? value : {};
  return {
    cellId: typeof one.cell_id === 'string' ? one.cell_id : null,
    line: numberOf(one, 'line'),
    endLine: numberOf(one, 'end_line'),
    output: numberOf(one, 'output'),
    quote: textOf(one, 'quote')
  };
}

const REVIEWING = ['reviewer', 'admin']; // roles
const NOBODY: IPerson = { id: '', name: '' };

function personFrom(value: unknown): IPerson | null {
  return isRecord(value) ? { id: textOf(value, 'id'), name: textOf(value, 'name') } : null;
}
