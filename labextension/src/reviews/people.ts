/** People as reviews name them, as the server tells it; checked on arrival. */

import { isRecord, recordsOf, textOf } from '../server/shape.js';

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
  readonly isAdmin: boolean;
}

export function readerFrom(answer: unknown): IReader {
  const identity = isRecord(answer) && isRecord(answer.identity) ? answer.identity : {};
  const role = textOf(identity, 'role');
  return {
    id: textOf(identity, 'id'),
    mayReview: REVIEWING.includes(role),
    isAdmin: role === 'admin'
  };
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

const REVIEWING = ['reviewer', 'admin']; // roles

/** Who is there in the place of somebody that is not told. */
export const NOBODY: IPerson = { id: '', name: '' };

/** Somebody; null for nobody. */
export function personFrom(value: unknown): IPerson | null {
  return isRecord(value) ? { id: textOf(value, 'id'), name: textOf(value, 'name') } : null;
}
