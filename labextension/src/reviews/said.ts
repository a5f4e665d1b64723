/** What is said about a submission, and where, as the server tells it; checked on arrival. */

import { isRecord, numberOf, recordsOf, textOf } from '../server/shape.js';
import { NOBODY, personFrom, type IPerson } from './people.js';

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
