/** Submissions and what is said about them, as the server tells it; checked on arrival. */

import { isRecord, textOf } from '../server/shape.js';

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
}

export interface ISubmittedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
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

/** A cell of a submitted notebook, as far as it takes to speak about it. */
export interface ICell {
  readonly id: string;
  readonly number: number;
  readonly title: string;
}

export function submissionsFrom(answer: unknown): ISubmission[] {
  return recordsOf(answer).map(submissionFrom);
}

export function viewFrom(answer: unknown): ISubmissionView {
  const one = isRecord(answer) ? answer : {};
  const may = isRecord(one.may) ? one.may : {};
  return {
    ...submissionFrom(one),
    rounds: recordsOf(one.rounds).map(roundFrom),
    mayReview: may.review === true,
    mayChange: may.change === true
  };
}

export function filesFrom(answer: unknown): ISubmittedFile[] {
  return recordsOf(answer).map(one => ({
    path: textOf(one, 'path'),
    size: numberOf(one, 'size') ?? 0,
    sha256: textOf(one, 'sha256')
  }));
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

/** The cells of a notebook in the contents API's form; none for other files. */
export function cellsFrom(answer: unknown): ICell[] {
  const content = isRecord(answer) ? answer.content : null;
  const cells = isRecord(content) ? recordsOf(content.cells) : [];
  return cells.map((one, number) => ({
    id: textOf(one, 'id'),
    number,
    title: firstLine(one.source)
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
      reviewer: personFrom(decision.reviewer) ?? NOBODY
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

const NOBODY: IPerson = { id: '', name: '' };

function personFrom(value: unknown): IPerson | null {
  return isRecord(value) ? { id: textOf(value, 'id'), name: textOf(value, 'name') } : null;
}

function numberOf(one: Record<string, unknown>, key: string): number | null {
  const value = one[key];
  return typeof value === 'number' ? value : null;
}

function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function firstLine(source: unknown): string {
  const text = Array.isArray(source) ? source.join('') : typeof source === 'string' ? source : '';
  return (text.split('\n').find(line => line.trim() !== '') ?? '').slice(0, 120);
}
