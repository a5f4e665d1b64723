/** Whether a round reproduces, as the server tells it; checked on arrival. */

import { isRecord, textOf } from '../server/shape.js';

const STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
const OUTCOMES = ['same', 'not_run', 'differs', 'time_limit', 'fails'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What came of a cell when it was run again. */
export interface ICellResult {
  readonly outcome: Outcome;
  readonly message: string;
  /** What is different in what it shows as text, in the unified form. */
  readonly diff: string;
  /** In what it did differ that does not count. */
  readonly ignored: readonly string[];
}

/** How the check of a round stands. */
export interface IReproduction {
  readonly state: (typeof STATES)[number];
  /** How many checks come first, while it is queued. */
  readonly before: number;
  /** Why it failed. */
  readonly message: string;
  /** The worst of all cells; null if there is none yet. */
  readonly outcome: Outcome | null;
  readonly counts: ReadonlyMap<Outcome, number>;
  /** By path, and by the number of the cell in its notebook, from 0. */
  readonly notebooks: ReadonlyMap<string, ReadonlyMap<number, ICellResult>>;
}

/** How a check stands, as the server says it; null if the round was not run. */
export function reproductionFrom(answer: unknown): IReproduction | null {
  const one = isRecord(answer) ? answer : {};
  if (one.state === 'none') {
    return null;
  }
  const counts = isRecord(one.counts) ? one.counts : {};
  const notebooks = Array.isArray(one.notebooks) ? one.notebooks.filter(isRecord) : [];
  return {
    state: STATES.find(known => known === one.state) ?? 'failed',
    before: typeof one.before === 'number' ? one.before : 0,
    message: textOf(one, 'message'),
    outcome: outcomeOf(one.outcome),
    counts: new Map(
      OUTCOMES.flatMap((known): [Outcome, number][] => {
        const count = counts[known];
        return typeof count === 'number' && count > 0 ? [[known, count]] : [];
      })
    ),
    notebooks: new Map(notebooks.map(each => [textOf(each, 'path'), cellsFrom(each.cells)]))
  };
}

export function isUnfinished(check: IReproduction | null): boolean {
  return check?.state === 'queued' || check?.state === 'running';
}

function cellsFrom(value: unknown): Map<number, ICellResult> {
  const cells = Array.isArray(value) ? value.filter(isRecord) : [];
  return new Map(
    cells.map(one => [
      Number(one.number),
      {
        outcome: outcomeOf(one.outcome) ?? 'not_run',
        message: textOf(one, 'message'),
        diff: textOf(one, 'diff'),
        ignored: (Array.isArray(one.ignored) ? one.ignored : []).map(String)
      }
    ])
  );
}

function outcomeOf(value: unknown): Outcome | null {
  return OUTCOMES.find(known => known === value) ?? null;
}
