/** A rubric while it is edited: what stands in its fields, and what is wrong with that. */

import type { ICriterion } from '../reviews/rubric.js';

export const MOST_CRITERIA = 40;
export const MOST_LEVELS = 12; // of a criterion
export const LONGEST_TITLE = 200; // characters
export const LONGEST_TEXT = 2000; // characters
const MOST_POINTS = 10_000;

/** A step of a criterion, as it is written. */
export interface ILevelDraft {
  /** Tells it from the others. */
  readonly key: string;
  readonly points: string;
  readonly text: string;
}

/** A criterion, as it is written. */
export interface ICriterionDraft {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly points: string;
  readonly levels: readonly ILevelDraft[];
}

export type Draft = readonly ICriterionDraft[];

/** What is wrong with what stands in a field. */
export type Problem = 'no title' | 'no number' | 'too many' | 'beyond' | 'twice';

export function draftOf(criteria: readonly ICriterion[]): Draft {
  return criteria.map(one => ({
    id: one.id,
    title: one.title,
    text: one.text,
    points: `${one.points}`,
    levels: one.levels.map((level, index) => ({
      key: `${index}`,
      points: `${level.points}`,
      text: level.text
    }))
  }));
}

/** The criteria that are written; for a draft without problems. */
export function criteriaOf(draft: Draft): ICriterion[] {
  return draft.map(one => ({
    id: one.id,
    title: one.title.trim(),
    text: one.text.trim(),
    points: numberFrom(one.points) ?? 0,
    levels: one.levels.map(level => ({
      points: numberFrom(level.points) ?? 0,
      text: level.text.trim()
    }))
  }));
}

/** Whether two drafts say the same. */
export function isSame(one: Draft, other: Draft): boolean {
  return JSON.stringify(criteriaAsWritten(one)) === JSON.stringify(criteriaAsWritten(other));
}

/** What is wrong, by the name of the field, in the order of the fields. */
export function problemsOf(draft: Draft): ReadonlyMap<string, Problem> {
  return new Map(draft.flatMap(problemsOfCriterion));
}

export function titleField(id: string): string {
  return `${id}/title`;
}

export function pointsField(id: string): string {
  return `${id}/points`;
}

export function levelField(id: string, key: string): string {
  return `${id}/level/${key}`;
}

/** The number that a field says, with a point or a comma; null if it says none. */
export function numberFrom(text: string): number | null {
  const written = text.trim().replace(',', '.');
  return /^[0-9]*\.?[0-9]+$|^[0-9]+\.$/.test(written) ? Number(written) : null;
}

/** The criterion moved by so many places; the same draft if there is no such place. */
export function moved(draft: Draft, id: string, by: number): Draft {
  const from = draft.findIndex(one => one.id === id);
  const one = draft[from];
  const to = from + by;
  if (one === undefined || to < 0 || to >= draft.length) {
    return draft;
  }
  return inserted(without(draft, id), one, to);
}

export function without(draft: Draft, id: string): Draft {
  return draft.filter(one => one.id !== id);
}

export function inserted(draft: Draft, one: ICriterionDraft, at: number): Draft {
  return [...draft.slice(0, at), one, ...draft.slice(at)];
}

/** The draft with something else in a criterion. */
export function changed(
  draft: Draft,
  id: string,
  values: Partial<Omit<ICriterionDraft, 'id'>>
): Draft {
  return draft.map(one => (one.id === id ? { ...one, ...values } : one));
}

function criteriaAsWritten(draft: Draft): unknown {
  return draft.map(({ id, title, text, points, levels }) => [
    id,
    title,
    text,
    points,
    levels.map(level => [level.points, level.text])
  ]);
}

function problemsOfCriterion(one: ICriterionDraft): [string, Problem][] {
  const found: [string, Problem][] = [];
  if (one.title.trim() === '') {
    found.push([titleField(one.id), 'no title']);
  }
  const most = numberFrom(one.points);
  if (most === null) {
    found.push([pointsField(one.id), 'no number']);
  } else if (most > MOST_POINTS) {
    found.push([pointsField(one.id), 'too many']);
  }
  const seen = new Set<number>();
  for (const level of one.levels) {
    const points = numberFrom(level.points);
    const problem = problemOfLevel(points, most, seen);
    if (problem !== null) {
      found.push([levelField(one.id, level.key), problem]);
    }
    seen.add(points ?? Number.NaN);
  }
  return found;
}

function problemOfLevel(
  points: number | null,
  most: number | null,
  seen: ReadonlySet<number>
): Problem | null {
  if (points === null) {
    return 'no number';
  }
  if (most !== null && points > most) {
    return 'beyond';
  }
  return seen.has(points) ? 'twice' : null;
}
