/** Notebooks as a comparison needs them: their cells, and what became of each. */

import { isRecord, textOf } from '../server/shape.js';
import { linesFromOperations, linesOf, operationsOf, type ILine } from './lines.js';

/** A cell of a notebook. */
export interface ICell {
  /** `''` where a notebook of an old format has none. */
  readonly id: string;
  /** Where it is in its notebook, from 0. */
  readonly index: number;
  readonly type: 'code' | 'markdown' | 'raw';
  readonly source: string;
  readonly outputs: readonly IOutput[];
  readonly metadata: unknown;
  readonly prompt: string;
}

/** An output, as nbformat has it. */
export type IOutput = Readonly<Record<string, unknown>>;

/** What became of a cell. */
export interface ICellChange {
  readonly kind: 'same' | 'changed' | 'added' | 'removed';
  /** As it is now, or was last. */
  readonly cell: ICell;
  /** Its lines, and what became of them. */
  readonly lines: readonly ILine[];
  /** The outputs it had and has; null when they are the same. */
  readonly outputs: { readonly old: readonly IOutput[]; readonly new: readonly IOutput[] } | null;
  /** Its metadata as lines; null when they are the same. */
  readonly metadata: readonly ILine[] | null;
}

/** What became of a notebook. */
export interface INotebookChange {
  readonly cells: readonly ICellChange[];
  /** The notebook's own metadata as lines; null when they are the same. */
  readonly metadata: readonly ILine[] | null;
}

/** Read a notebook's text; null when it is none. */
export function notebookFrom(text: string): Record<string, unknown> | null {
  try {
    const parsed = JSON.parse(text) as unknown;
    return isRecord(parsed) && Array.isArray(parsed.cells) ? parsed : null;
  } catch {
    return null;
  }
}

export function cellsOf(notebook: Record<string, unknown>): ICell[] {
  return (Array.isArray(notebook.cells) ? notebook.cells : []).filter(isRecord).map(cellFrom);
}

/** The name of the language that a notebook's code cells are in. */
export function languageOf(notebook: Record<string, unknown>): string {
  const metadata = isRecord(notebook.metadata) ? notebook.metadata : {};
  const info = isRecord(metadata.language_info) ? metadata.language_info : {};
  const kernel = isRecord(metadata.kernelspec) ? metadata.kernelspec : {};
  return textOf(info, 'name') || textOf(kernel, 'language') || 'python';
}

/**
 * Read nbdime's difference of a notebook.
 *
 * @param old - the notebook that it starts from.
 * @param current - the notebook that it leads to.
 */
export function notebookChange(
  old: Record<string, unknown>,
  current: Record<string, unknown>,
  difference: unknown
): INotebookChange {
  const before = cellsOf(old);
  const after = cellsOf(current);
  const changes: ICellChange[] = [];
  let [from, to] = [0, 0];
  const keep = (end: number) => {
    for (; from < Math.min(end, before.length); from += 1, to += 1) {
      changes.push(unchanged(after[to] ?? before[from]));
    }
  };
  for (const one of operationsOf(under(difference, 'cells'))) {
    keep(one.key);
    if (one.op === 'addrange') {
      const count = Array.isArray(one.valuelist) ? one.valuelist.length : 0;
      after.slice(to, to + count).forEach(cell => changes.push(whole(cell, 'added')));
      to += count;
    } else if (one.op === 'removerange') {
      before.slice(from, from + one.length).forEach(cell => changes.push(whole(cell, 'removed')));
      from += one.length;
    } else {
      changes.push(changedCell(before[from], after[to], one.diff));
      from += 1;
      to += 1;
    }
  }
  keep(before.length);
  return {
    cells: changes,
    metadata: linesOfBoth(withoutWidgets(old.metadata), withoutWidgets(current.metadata))
  };
}

const NO_CELL: ICell = { id: '', index: 0, type: 'raw', source: '', outputs: [], metadata: {}, prompt: '' };

function unchanged(cell: ICell = NO_CELL): ICellChange {
  return { kind: 'same', cell, lines: linesOf(cell.source, 'same'), outputs: null, metadata: null };
}

function whole(cell: ICell, kind: 'added' | 'removed'): ICellChange {
  const outputs = kind === 'added' ? { old: [], new: cell.outputs } : { old: cell.outputs, new: [] };
  return {
    kind,
    cell,
    lines: linesOf(cell.source, kind),
    outputs: cell.outputs.length > 0 ? outputs : null,
    metadata: null
  };
}

function changedCell(
  before: ICell = NO_CELL,
  after: ICell = NO_CELL,
  difference: unknown
): ICellChange {
  const lines = linesFromOperations(before.source, under(difference, 'source'));
  const hasOutputs = under(difference, 'outputs') !== null;
  const change: ICellChange = {
    kind: 'changed',
    cell: after,
    lines,
    outputs: hasOutputs ? { old: before.outputs, new: after.outputs } : null,
    metadata: linesOfBoth(before.metadata, after.metadata)
  };
  const isSame = lines.every(line => line.kind === 'same') && !hasOutputs;
  // That a cell was run again is no change that anybody looks for.
  return isSame && change.metadata === null ? unchanged(after) : change;
}

/** What nbdime says about a key of an object; null when it says nothing. */
function under(difference: unknown, key: string): unknown {
  const found = Array.isArray(difference) ? difference.filter(isRecord) : [];
  const one = found.find(operation => operation.key === key);
  return one === undefined ? null : (one.diff ?? one.value ?? []);
}

function linesOfBoth(old: unknown, current: unknown): ILine[] | null {
  const [before, after] = [pretty(old), pretty(current)];
  return before === after ? null : [...linesOf(before, 'removed'), ...linesOf(after, 'added')];
}

function pretty(value: unknown): string {
  return JSON.stringify(value ?? {}, sorted, 2);
}

function sorted(_key: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort()) : value;
}

/** The states of widgets are large, and nothing that people read. */
function withoutWidgets(metadata: unknown): unknown {
  if (!isRecord(metadata)) {
    return metadata;
  }
  const { widgets: _, ...others } = metadata;
  return others;
}

function cellFrom(cell: Record<string, unknown>, index: number): ICell {
  const type = cell.cell_type;
  const count = cell.execution_count;
  return {
    id: textOf(cell, 'id'),
    index,
    type: type === 'code' || type === 'markdown' ? type : 'raw',
    source: joined(cell.source),
    outputs: Array.isArray(cell.outputs) ? cell.outputs.filter(isRecord) : [],
    metadata: isRecord(cell.metadata) ? cell.metadata : {},
    prompt: typeof count === 'number' ? String(count) : ''
  };
}

/** nbformat allows a text to be written as a list of lines. */
function joined(source: unknown): string {
  return Array.isArray(source) ? source.join('') : typeof source === 'string' ? source : '';
}
