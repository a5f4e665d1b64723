/** What the server tells about a project's past, checked on arrival. */

import { isRecord, recordsOf, textOf, textsOf } from '../server/shape.js';

/** By which way a revision came about; `other` is one that this page does not know. */
const ORIGINS = ['api', 'sandbox', 'copy', 'restore', 'import', 'recorder'] as const;

export type Origin = (typeof ORIGINS)[number] | 'other';

/** One saved state of one file. */
export interface IRevision {
  readonly id: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly origin: Origin;
  /** What they are called; `''` when nobody is, or nobody knows. */
  readonly author: string;
  readonly at: Date;
}

/** Some revisions, newest first. */
export interface IPage {
  readonly revisions: readonly IRevision[];
  /** What the next page begins after; null at the end. */
  readonly next: string | null;
  /** What keeps, beside the file, what could not be saved in its place. */
  readonly copies: readonly IRevision[];
}

/** All of a project's files at one moment. */
export interface ICheckpoint {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly at: Date;
  /** Made before the project was brought back to another one. */
  readonly isAutomatic: boolean;
  readonly files: number;
}

/** A file in which now and a checkpoint differ. */
export interface IChange {
  readonly path: string;
  readonly revision: string;
}

/** What bringing a project back to a checkpoint would change. */
export interface IChanges {
  readonly changed: readonly IChange[];
  readonly missing: readonly IChange[];
  readonly extra: readonly IChange[];
}

/** What bringing a project back did: paths of files. */
export interface IReturn {
  readonly restored: readonly string[];
  readonly removed: readonly string[];
  readonly left: readonly string[];
}

const KINDS = ['same', 'text', 'notebook', 'binary', 'too large'] as const;

/** What is different between two states of a file. */
export interface IDifference {
  readonly kind: (typeof KINDS)[number];
  /** In the unified form; `''` when there is none. */
  readonly unified: string;
  /** As nbdime has it; null when there is none. */
  readonly notebook: unknown;
  /** Whether comparing exactly would have taken too long. */
  readonly isCoarse: boolean;
}

export function pageFrom(answer: unknown): IPage {
  const page = isRecord(answer) ? answer : {};
  return {
    revisions: recordsOf(page.revisions).map(revisionFrom),
    next: typeof page.next === 'string' ? page.next : null,
    copies: recordsOf(page.conflict_copies).map(revisionFrom)
  };
}

export function revisionFrom(one: Record<string, unknown>): IRevision {
  const origin = textOf(one, 'origin');
  return {
    id: textOf(one, 'id'),
    path: textOf(one, 'path'),
    size: numberOf(one, 'size'),
    sha256: textOf(one, 'sha256'),
    origin: ORIGINS.find(known => known === origin) ?? 'other',
    author: authorOf(one),
    at: dateOf(one)
  };
}

export function checkpointsFrom(answer: unknown): ICheckpoint[] {
  return recordsOf(answer).map(one => ({
    id: textOf(one, 'id'),
    name: textOf(one, 'name'),
    author: authorOf(one),
    at: dateOf(one),
    isAutomatic: one.automatic === true,
    files: numberOf(one, 'files')
  }));
}

export function changesFrom(answer: unknown): IChanges {
  const found = isRecord(answer) ? answer : {};
  const list = (name: string) =>
    recordsOf(found[name]).map(one => ({
      path: textOf(one, 'path'),
      revision: textOf(one, 'revision')
    }));
  return { changed: list('changed'), missing: list('missing'), extra: list('extra') };
}

export function returnFrom(answer: unknown): IReturn {
  const done = isRecord(answer) ? answer : {};
  return {
    restored: textsOf(done.restored),
    removed: textsOf(done.removed),
    left: textsOf(done.left)
  };
}

export function differenceFrom(answer: unknown): IDifference {
  const found = isRecord(answer) ? answer : {};
  return {
    kind: KINDS.find(known => known === found.kind) ?? 'binary',
    unified: textOf(found, 'unified'),
    notebook: found.notebook ?? null,
    isCoarse: found.coarse === true
  };
}

function authorOf(one: Record<string, unknown>): string {
  return isRecord(one.author) ? textOf(one.author, 'name') : '';
}

function dateOf(one: Record<string, unknown>): Date {
  return new Date(textOf(one, 'created_at'));
}

function numberOf(one: Record<string, unknown>, key: string): number {
  const value = one[key];
  return typeof value === 'number' ? value : 0;
}
