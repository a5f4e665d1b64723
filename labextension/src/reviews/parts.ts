/** A submitted file in parts, as the server tells it; checked on arrival. */

import { isRecord, numberOf, recordsOf, textOf, textsOf } from '../server/shape.js';

/** A piece of a line that has one colour: its kind, as Pygments calls it, and its text. */
export interface IPiece {
  readonly kind: string;
  readonly text: string;
}

const PART_KINDS = ['code', 'markdown', 'raw', 'text', 'picture', 'nothing'] as const;
const DOUBTS = ['deceives', 'never run', 'out of order', 'no text', 'more cells'] as const;

/** What a reader should know about a part before believing it. */
export type Doubt = (typeof DOUBTS)[number];

/** A cell of a submitted notebook, or all of a file that is none. */
export interface IPart {
  readonly kind: (typeof PART_KINDS)[number];
  /** From 0. */
  readonly index: number;
  /** Null for what is no cell, and for cells without one. */
  readonly cellId: string | null;
  readonly isCell: boolean;
  readonly label: string;
  readonly lines: readonly (readonly IPiece[])[];
  /** Its outputs, or what it looks like: for a frame. */
  readonly html: string;
  readonly outputs: number;
  readonly doubts: readonly Doubt[];
}

/** A submitted file in parts, and what the frames with their HTML look like and may do. */
export interface IShown {
  readonly style: string;
  readonly policy: string;
  readonly parts: readonly IPart[];
}

export function shownFrom(answer: unknown): IShown {
  const one = isRecord(answer) ? answer : {};
  const parts = recordsOf(one.parts).map(partFrom);
  return { style: textOf(one, 'style'), policy: textOf(one, 'policy'), parts };
}

function partFrom(one: Record<string, unknown>, index: number): IPart {
  const doubts = textsOf(one.warnings);
  return {
    kind: PART_KINDS.find(known => known === one.kind) ?? 'nothing',
    index,
    cellId: typeof one.cell_id === 'string' ? one.cell_id : null,
    isCell: one.cell === true,
    label: textOf(one, 'label'),
    lines: (Array.isArray(one.lines) ? one.lines : []).map(piecesFrom),
    html: textOf(one, 'html'),
    outputs: numberOf(one, 'outputs') ?? 0,
    doubts: DOUBTS.filter(known => doubts.includes(known))
  };
}

function piecesFrom(line: unknown): IPiece[] {
  const pieces: unknown[] = Array.isArray(line) ? line : [];
  return pieces.filter(Array.isArray).map(([kind, text]: unknown[]) => ({
    kind: String(kind ?? ''),
    text: String(text ?? '')
  }));
}
