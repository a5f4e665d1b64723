/** Where in a submission a thread is, and in which order one comes upon the threads. */

import type { ISubmittedFile } from './data.js';
import type { IPart } from './parts.js';
import type { ITarget } from './restapi.js';
import type { IThread } from './said.js';

/** The file that a thread is about now, null for the whole submission. */
export function pathOf(thread: Pick<IThread, 'now' | 'path'>): string | null {
  return thread.now?.path ?? thread.path;
}

/** The part that a thread stands beside; null if it is about the whole file, or its place is gone. */
export function partOf(thread: IThread, parts: readonly IPart[]): IPart | null {
  const anchor = (thread.now ?? thread).anchor;
  if (thread.now?.fate === 'outdated') {
    return null;
  }
  if (anchor.cellId !== null) {
    return parts.find(one => one.cellId === anchor.cellId) ?? null;
  }
  return anchor.line === null ? null : (parts.find(one => !one.isCell) ?? null);
}

/** Whether a new comment is about the part. */
export function isAbout(target: ITarget, part: IPart): boolean {
  return part.isCell
    ? part.cellId !== null && target.cellId === part.cellId
    : target.cellId === null && target.line !== null;
}

/** The last line that a thread is about, beside which it stands; null if it is about no line. */
export function lineOf(thread: IThread): number | null {
  const anchor = (thread.now ?? thread).anchor;
  return anchor.endLine ?? anchor.line;
}

/** What somebody means who comments on the part. */
export function targetOf(part: IPart, path: string): ITarget {
  const isFile = !part.isCell && part.lines.length > 0;
  return {
    path,
    cellId: part.cellId,
    line: isFile ? 1 : null,
    endLine: isFile ? part.lines.length : null,
    output: null
  };
}

/** The lines of a part as text, from one to another. */
export function quoteOf(part: IPart, line: number | null, endLine: number | null): string {
  const lines = part.lines.map(pieces => pieces.map(piece => piece.text).join(''));
  return (line === null ? lines : lines.slice(line - 1, endLine ?? line)).join('\n');
}

/** Threads in the order of files, parts and lines; what is about everything comes first. */
export function inOrder(
  threads: readonly IThread[],
  files: readonly ISubmittedFile[],
  path: string | null,
  parts: readonly IPart[]
): IThread[] {
  const numbers = new Map(files.map((one, number) => [one.path, number]));
  const key = (thread: IThread): number[] => {
    const at = pathOf(thread);
    const isHere = at === path;
    return [
      at === null ? -1 : (numbers.get(at) ?? files.length),
      isHere ? (partOf(thread, parts)?.index ?? -1) : 0,
      isHere ? (lineOf(thread) ?? 0) : 0
    ];
  };
  return threads
    .map(thread => ({ thread, key: key(thread) }))
    .sort((one, other) => compare(one.key, other.key))
    .map(({ thread }) => thread);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
