/** Lines of a comparison, from the unified form and from nbdime's operations on a text. */

import { isRecord } from '../server/shape.js';

/** A part of a line; `isChanged` where the other side's line has something else. */
export interface IPiece {
  readonly text: string;
  readonly isChanged: boolean;
}

/** A line as one of the sides, or both, have it. */
export interface ILine {
  readonly kind: 'same' | 'removed' | 'added';
  /** Its number in the old text, null for an added line. */
  readonly old: number | null;
  /** Its number in the new text, null for a removed line. */
  readonly new: number | null;
  readonly pieces: readonly IPiece[];
}

/** Lines that follow one another. */
export interface IHunk {
  readonly lines: readonly ILine[];
}

/** How many lines came and went. */
export interface ITally {
  readonly added: number;
  readonly removed: number;
}

/** How many lines around a change are shown. */
const CONTEXT = 3;
const HEAD = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

export function tallyOf(hunks: readonly IHunk[]): ITally {
  const lines = hunks.flatMap(hunk => hunk.lines);
  const count = (kind: ILine['kind']) => lines.filter(line => line.kind === kind).length;
  return { added: count('added'), removed: count('removed') };
}

/** Read the unified form. Lines that follow no head are left out. */
export function hunksFromUnified(text: string): IHunk[] {
  const hunks: ILine[][] = [];
  let counter = new Counter(1, 1);
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null) {
      counter = new Counter(Number(head[1]), Number(head[2]));
      hunks.push([]);
    } else if (line !== '') {
      const kind = kindOfMark(line[0]);
      const pieces = plain(line.slice(1));
      const current = hunks.at(-1);
      if (kind !== null && current !== undefined) {
        current.push(counter.line(kind, pieces));
      }
    }
  }
  return hunks.map(lines => ({ lines: withPieces(lines) }));
}

/** Carry out nbdime's operations on a text; all its lines, whether they changed or not. */
export function linesFromOperations(text: string, operations: unknown): ILine[] {
  const base = splitLines(text);
  const counter = new Counter(1, 1);
  const lines: ILine[] = [];
  let at = 0;
  const keep = (end: number) => {
    for (; at < Math.min(end, base.length); at += 1) {
      lines.push(counter.line('same', plain(base[at] ?? '')));
    }
  };
  for (const one of operationsOf(operations)) {
    keep(one.key);
    switch (one.op) {
      case 'addrange':
        for (const added of splitLines(addedText(one.valuelist))) {
          lines.push(counter.line('added', plain(added)));
        }
        break;
      case 'removerange':
        for (const end = at + one.length; at < Math.min(end, base.length); at += 1) {
          lines.push(counter.line('removed', plain(base[at] ?? '')));
        }
        break;
      case 'patch': {
        const [before, after] = piecesOfPatch(base[at] ?? '', one.diff);
        lines.push(counter.line('removed', before), counter.line('added', after));
        at += 1;
      }
    }
  }
  keep(base.length);
  return removedFirst(lines);
}

/** Leave out the lines that are far from every change. */
export function hunksAround(lines: readonly ILine[], context = CONTEXT): IHunk[] {
  const hunks: ILine[][] = [];
  let end = -1;
  lines.forEach((line, index) => {
    if (line.kind === 'same') {
      return;
    }
    const start = Math.max(index - context, 0);
    if (start > end) {
      hunks.push([]);
      end = start;
    }
    const until = Math.min(index + context + 1, lines.length);
    hunks.at(-1)?.push(...lines.slice(end, until));
    end = Math.max(end, until);
  });
  return hunks.map(some => ({ lines: some }));
}

/** A whole text whose lines are all of one kind. */
export function linesOf(text: string, kind: ILine['kind']): ILine[] {
  const counter = new Counter(1, 1);
  return splitLines(text).map(line => counter.line(kind, plain(line)));
}

export function textOfLine(line: ILine): string {
  return line.pieces.map(piece => piece.text).join('');
}

/** An operation of nbdime's on a list or a text. */
export type Operation =
  | { readonly op: 'addrange'; readonly key: number; readonly valuelist: unknown }
  | { readonly op: 'removerange'; readonly key: number; readonly length: number }
  | { readonly op: 'patch'; readonly key: number; readonly diff: unknown };

/** Read nbdime's operations on a list or a text; what is none is left out. */
export function operationsOf(value: unknown): Operation[] {
  const found = Array.isArray(value) ? value.filter(isRecord) : [];
  return found.flatMap((one): Operation[] => {
    const { op, key } = one;
    if (typeof key !== 'number') {
      return [];
    }
    switch (op) {
      case 'addrange':
        return [{ op, key, valuelist: one.valuelist }];
      case 'removerange':
        return [{ op, key, length: Number(one.length) || 0 }];
      case 'patch':
        return [{ op, key, diff: one.diff }];
      default:
        return [];
    }
  });
}

class Counter {
  constructor(
    private _old: number,
    private _new: number
  ) {}

  line(kind: ILine['kind'], pieces: readonly IPiece[]): ILine {
    return {
      kind,
      old: kind === 'added' ? null : this._old++,
      new: kind === 'removed' ? null : this._new++,
      pieces
    };
  }
}

function kindOfMark(mark: string | undefined): ILine['kind'] | null {
  return mark === '+' ? 'added' : mark === '-' ? 'removed' : mark === ' ' ? 'same' : null;
}

function plain(text: string): IPiece[] {
  return [{ text, isChanged: false }];
}

/** The lines of a text without their ends; none for an empty one. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}

function addedText(valuelist: unknown): string {
  if (!Array.isArray(valuelist)) {
    return typeof valuelist === 'string' ? valuelist : '';
  }
  return valuelist.map(line => (String(line).endsWith('\n') ? String(line) : `${line}\n`)).join('');
}

/** What stood in the line that was changed within, and what stands there. */
function piecesOfPatch(line: string, operations: unknown): [IPiece[], IPiece[]] {
  const before: IPiece[] = [];
  const after: IPiece[] = [];
  let at = 0;
  const keep = (end: number) => {
    const text = line.slice(at, end);
    at = Math.max(at, Math.min(end, line.length));
    before.push({ text, isChanged: false });
    after.push({ text, isChanged: false });
  };
  for (const one of operationsOf(operations)) {
    keep(one.key);
    if (one.op === 'addrange') {
      after.push({ text: charactersOf(one.valuelist).replace(/\n$/, ''), isChanged: true });
    } else if (one.op === 'removerange') {
      before.push({ text: line.slice(at, at + one.length), isChanged: true });
      at += one.length;
    }
  }
  keep(line.length);
  return [before.filter(isNotEmpty), after.filter(isNotEmpty)];
}

function charactersOf(valuelist: unknown): string {
  return Array.isArray(valuelist) ? valuelist.join('') : String(valuelist ?? '');
}

function isNotEmpty(piece: IPiece): boolean {
  return piece.text !== '';
}

/** Put, in each run of changes, what went before what came: as people are used to read it. */
function removedFirst(lines: readonly ILine[]): ILine[] {
  const runs = runsOf(lines);
  return runs.flatMap(run => [
    ...run.filter(line => line.kind !== 'added'),
    ...run.filter(line => line.kind === 'added')
  ]);
}

/** Lines in runs of either changed or unchanged ones. */
function runsOf(lines: readonly ILine[]): ILine[][] {
  const runs: ILine[][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    if (run !== undefined && (run[0]?.kind === 'same') === (line.kind === 'same')) {
      run.push(line);
    } else {
      runs.push([line]);
    }
  }
  return runs;
}

/** Mark what differs within lines that took one another's place. */
function withPieces(lines: readonly ILine[]): ILine[] {
  return runsOf(lines).flatMap(run => {
    const removed = run.filter(line => line.kind === 'removed');
    const added = run.filter(line => line.kind === 'added');
    if (removed.length === 0 || removed.length !== added.length) {
      return run;
    }
    const pairs = removed.map((line, index) => markedPair(line, added[index] ?? line));
    return [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)];
  });
}

/** Mark what stands between the common beginning and the common end, if that is not all. */
function markedPair(before: ILine, after: ILine): [ILine, ILine] {
  const [one, other] = [textOfLine(before), textOfLine(after)];
  const start = commonStart(one, other);
  const end = commonStart(reversed(one.slice(start)), reversed(other.slice(start)));
  if (start + end < Math.min(one.length, other.length) / 3) {
    return [before, after];
  }
  return [
    { ...before, pieces: parts(one, start, end) },
    { ...after, pieces: parts(other, start, end) }
  ];
}

function parts(text: string, start: number, end: number): IPiece[] {
  const stop = text.length - end;
  return [
    { text: text.slice(0, start), isChanged: false },
    { text: text.slice(start, stop), isChanged: true },
    { text: text.slice(stop), isChanged: false }
  ].filter(isNotEmpty);
}

function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && at < other.length && one[at] === other[at]) {
    at += 1;
  }
  return at;
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}
