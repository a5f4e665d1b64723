/** What points are given for, and the points that were given; checked on arrival. */

import { isRecord, numberOf, recordsOf, textOf } from '../server/shape.js';

/** A step of a criterion. */
export interface ILevel {
  readonly points: number;
  readonly text: string;
}

export interface ICriterion {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** At most. */
  readonly points: number;
  /** The points that can be given; none: any. */
  readonly levels: readonly ILevel[];
}

/** Points that are given with a decision. */
export interface IGiven {
  readonly criterion: string;
  readonly points: number;
  readonly note: string;
}

/** Points that were given, with what the criterion was called then. */
export interface IScore extends IGiven {
  readonly title: string;
  readonly most: number;
}

/** What a reviewer has chosen so far, by criterion; points are null where none are given. */
export type Chosen = ReadonlyMap<string, { readonly points: number | null; readonly note: string }>;

export function rubricFrom(answer: unknown): ICriterion[] {
  return recordsOf(isRecord(answer) ? answer.criteria : null).map(one => ({
    id: textOf(one, 'id'),
    title: textOf(one, 'title'),
    text: textOf(one, 'text'),
    points: numberOf(one, 'points') ?? 0,
    levels: recordsOf(one.levels)
      .map(level => ({ points: numberOf(level, 'points') ?? 0, text: textOf(level, 'text') }))
      .sort((first, second) => first.points - second.points)
  }));
}

export function scoresFrom(value: unknown): IScore[] {
  return recordsOf(value).map(one => ({
    criterion: textOf(one, 'criterion'),
    title: textOf(one, 'title'),
    points: numberOf(one, 'points') ?? 0,
    most: numberOf(one, 'most') ?? 0,
    note: textOf(one, 'note')
  }));
}

/** The points that are given: those of criteria for which some were chosen. */
export function givenFrom(criteria: readonly ICriterion[], chosen: Chosen): IGiven[] {
  return criteria.flatMap(({ id }) => {
    const { points = null, note = '' } = chosen.get(id) ?? {};
    return points === null ? [] : [{ criterion: id, points, note }];
  });
}

/** The points that a field says; null if it says none that can be given. */
export function pointsFrom(text: string, most: number): number | null {
  const points = text.trim() === '' ? Number.NaN : Number(text);
  return points >= 0 && points <= most ? points : null;
}

/** All points of a list, without what adding fractions leaves behind. */
export function sumOf(points: readonly number[]): number {
  return Number(points.reduce((sum, one) => sum + one, 0).toFixed(6));
}
