/** What the server says of packages, checked on arrival. */

import { isRecord, textOf } from '../server/shape.js';

export interface IPackage {
  readonly name: string;
  readonly version: string;
  /** Somebody asked for it; others came because these need them. */
  readonly requested: boolean;
  /** Bytes of its files. */
  readonly size: number;
  readonly neededBy: readonly string[];
  /** It is recorded and not installed: the environment was lost. */
  readonly missing: boolean;
  /** Whether it came from the package index, so that it can be installed again. */
  readonly fromIndex: boolean;
}

/** What may be installed. Names are patterns. */
export interface IPolicy {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly private: readonly string[];
  readonly wheelsOnly: boolean;
  readonly maxFileBytes: number;
  /** Of all packages of a project; null: no limit. */
  readonly maxProjectBytes: number | null;
  /** How old a file has to be; 0: of any age. */
  readonly coolOffDays: number;
  readonly coolOffDenies: boolean;
}

export const ACTIONS = ['install', 'upgrade', 'uninstall', 'rebuild'] as const;
export type Action = (typeof ACTIONS)[number];

export const ENDS = ['done', 'failed', 'cancelled'] as const;
export type End = (typeof ENDS)[number];
export type Phase = 'starting' | 'resolving' | 'downloading' | 'installing' | End;

/** What is being done, or was done last. */
export interface IInstallation {
  readonly id: string;
  readonly action: Action;
  readonly requirements: readonly string[];
  readonly phase: Phase;
}

export interface IListing {
  readonly packages: readonly IPackage[];
  /** Bytes of all of them. */
  readonly size: number;
  readonly policy: IPolicy;
  readonly installation: IInstallation | null;
}

/** A package that an installation changed; null: it was, or is, not there. */
export interface IChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What the package index did for the project. */
export interface IFetch {
  readonly kind: string;
  readonly name: string;
  readonly file: string;
  /** Bytes in all; null: not known. */
  readonly size: number | null;
  readonly done: number;
}

/** One thing that is said of an installation. */
export interface IWord {
  readonly phase: Phase;
  readonly message: string;
  readonly fetch: IFetch | null;
  readonly changes: readonly IChange[];
}

const PHASES: readonly Phase[] = ['starting', 'resolving', 'downloading', 'installing', ...ENDS];

export function isOver(phase: Phase): phase is End {
  return (ENDS as readonly Phase[]).includes(phase);
}

export function listingFrom(answer: unknown): IListing {
  const record = isRecord(answer) ? answer : {};
  return {
    packages: listOf(record.packages).map(packageFrom),
    size: numberOf(record.size),
    policy: policyFrom(record.policy),
    installation: installationFrom(record.installation)
  };
}

/** Read an installation; null when there is none. */
export function installationFrom(answer: unknown): IInstallation | null {
  if (!isRecord(answer)) {
    return null;
  }
  return {
    id: textOf(answer, 'id'),
    action: ACTIONS.find(one => one === answer.action) ?? 'install',
    requirements: textsOf(answer.requirements),
    phase: phaseFrom(answer.phase)
  };
}

export function wordFrom(line: unknown): IWord {
  const record = isRecord(line) ? line : {};
  return {
    phase: phaseFrom(record.phase),
    message: textOf(record, 'message'),
    fetch: isRecord(record.package) ? fetchFrom(record.package) : null,
    changes: listOf(record.changes).map(one => ({
      name: textOf(one, 'name'),
      before: typeof one.before === 'string' ? one.before : null,
      after: typeof one.after === 'string' ? one.after : null
    }))
  };
}

function packageFrom(record: Record<string, unknown>): IPackage {
  return {
    name: textOf(record, 'name'),
    version: textOf(record, 'version'),
    requested: record.requested === true,
    size: numberOf(record.size),
    neededBy: textsOf(record.needed_by),
    missing: record.missing === true,
    fromIndex: textsOf(record.sha256).length > 0
  };
}

function policyFrom(answer: unknown): IPolicy {
  const record = isRecord(answer) ? answer : {};
  const most = record.max_project_bytes;
  return {
    allow: textsOf(record.allow),
    deny: textsOf(record.deny),
    private: textsOf(record.private),
    wheelsOnly: record.wheels_only === true,
    maxFileBytes: numberOf(record.max_file_bytes),
    maxProjectBytes: typeof most === 'number' ? most : null,
    coolOffDays: numberOf(record.cool_off_days),
    coolOffDenies: record.cool_off_denies === true
  };
}

function fetchFrom(record: Record<string, unknown>): IFetch {
  return {
    kind: textOf(record, 'kind'),
    name: textOf(record, 'name'),
    file: textOf(record, 'file'),
    size: typeof record.size === 'number' ? record.size : null,
    done: numberOf(record.done)
  };
}

function phaseFrom(value: unknown): Phase {
  return PHASES.find(one => one === value) ?? 'starting';
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
