/** What an admin sees of the installation, read from the server's JSON. */

import type { Role } from '../account/model.js';
import { isRecord, textOf } from '../server/shape.js';

/** How long something took lately, in milliseconds; null when it never happened. */
export interface ILatency {
  readonly operation: string;
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** How often something ended for the same reason. */
export interface IEnd {
  readonly what: string;
  readonly cause: string;
  readonly count: number;
}

/** The installation at one moment. */
export interface ISample {
  readonly sandboxes: number;
  readonly waiting: number;
  readonly kernels: number;
  /** Processors. */
  readonly cpu: number;
  readonly memory: number;
  /** Milliseconds. */
  readonly lag: number;
}

export interface IOverview {
  readonly running: number;
  readonly starting: number;
  readonly most: number;
  readonly waiting: number;
  readonly target: number;
  readonly kernels: number;
  readonly busyKernels: number;
  readonly terminals: number;
  readonly connections: number;
  readonly latencies: readonly ILatency[];
  readonly ends: readonly IEnd[];
  /** Saves that wait on the server for the project store. */
  readonly unstored: { readonly files: number; readonly bytes: number };
  /** The oldest first. */
  readonly history: readonly ISample[];
}

/** A sandbox that runs. */
export interface ISandbox {
  readonly id: string;
  readonly project: string;
  readonly owner: string;
  readonly email: string;
  readonly state: string;
  readonly startedAt: string;
  /** Null until it was looked at. */
  readonly usage: { readonly cpu: number; readonly memory: number; readonly processes: number } | null;
  readonly limits: { readonly cpus: number; readonly memory: number; readonly processes: number };
  readonly cpuHistory: readonly number[];
  readonly memoryHistory: readonly number[];
}

/** An account. */
export interface IUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  /** Null: not seen, as far as is known. */
  readonly lastSeenAt: string | null;
  readonly sandboxes: number;
}

/** A group of learners with their reviewers: how many there are of each. */
export interface IGroup {
  readonly id: string;
  readonly name: string;
  readonly members: number;
  readonly reviewers: number;
}

/** Who is in a group, by their ids. */
export interface IRoster {
  readonly members: ReadonlySet<string>;
  readonly reviewers: ReadonlySet<string>;
  /** Of these people; null if the server says none. */
  readonly version: string | null;
}

export function overviewFrom(value: unknown): IOverview {
  const all = recordOf(value);
  const [sandboxes, pool, kernels] = [all.sandboxes, all.pool, all.kernels].map(recordOf) as Three;
  const waiting = recordOf(recordOf(all.storage).waiting);
  return {
    running: numberOf(sandboxes.running),
    starting: numberOf(sandboxes.starting),
    most: numberOf(sandboxes.most),
    waiting: numberOf(pool.waiting),
    target: numberOf(pool.target),
    kernels: Object.values(kernels).reduce<number>((sum, one) => sum + numberOf(one), 0),
    busyKernels: numberOf(kernels.busy),
    terminals: numberOf(all.terminals),
    connections: numberOf(all.websockets),
    latencies: Object.entries(recordOf(all.latencies)).map(([operation, one]) =>
      latencyFrom(operation, recordOf(one))
    ),
    ends: recordsOf(all.ends).map(one => ({
      what: textOf(one, 'what'),
      cause: textOf(one, 'cause'),
      count: numberOf(one.count)
    })),
    unstored: { files: numberOf(waiting.files), bytes: numberOf(waiting.bytes) },
    history: recordsOf(all.history).map(sampleFrom)
  };
}

export function sandboxesFrom(value: unknown): readonly ISandbox[] {
  return recordsOf(value).map(sandboxFrom);
}

export function usersFrom(value: unknown): readonly IUser[] {
  return recordsOf(value).map(one => ({
    id: textOf(one, 'id'),
    name: textOf(one, 'name') || textOf(one, 'email'),
    email: textOf(one, 'email'),
    role: roleOf(one.role),
    isDisabled: one.disabled === true,
    lastSeenAt: typeof one.last_seen_at === 'string' ? one.last_seen_at : null,
    sandboxes: numberOf(one.sandboxes)
  }));
}

export function groupsFrom(value: unknown): readonly IGroup[] {
  return recordsOf(value).map(one => {
    const counts = recordOf(one.counts);
    return {
      id: textOf(one, 'id'),
      name: textOf(one, 'name'),
      members: numberOf(counts.members),
      reviewers: numberOf(counts.reviewers)
    };
  });
}

export function rosterFrom(value: unknown): IRoster {
  const [members, reviewers] = [recordOf(value).members, recordOf(value).reviewers].map(
    people => new Set(recordsOf(people).map(one => textOf(one, 'id')))
  ) as [Set<string>, Set<string>];
  return { members, reviewers, version: textOf(recordOf(value), 'version') || null };
}

/** A roster without reviewers who may not review any more: the server would refuse them. */
export function currentRoster(roster: IRoster, users: readonly IUser[]): IRoster {
  const reviewing = users.filter(one => roster.reviewers.has(one.id) && mayReview(one));
  return { ...roster, reviewers: new Set(reviewing.map(one => one.id)) };
}

/** Whether somebody's role lets them review. */
export function mayReview({ role }: IUser): boolean {
  return role !== 'learner';
}

/** Whether all words of a search are somewhere in these texts. */
export function fits(search: string, ...texts: readonly string[]): boolean {
  const text = texts.join(' ').toLowerCase();
  return search.toLowerCase().split(/\s+/).every(word => text.includes(word));
}

type Row = Record<string, unknown>;
type Three = [Row, Row, Row];

function latencyFrom(operation: string, one: Row): ILatency {
  return {
    operation,
    count: numberOf(one.count),
    p50: typeof one.p50_ms === 'number' ? one.p50_ms : null,
    p95: typeof one.p95_ms === 'number' ? one.p95_ms : null
  };
}

function sampleFrom(one: Row): ISample {
  return {
    sandboxes: numberOf(one.sandboxes),
    waiting: numberOf(one.waiting),
    kernels: numberOf(one.kernels),
    cpu: numberOf(one.cpu),
    memory: numberOf(one.memory_bytes),
    lag: numberOf(one.lag_ms)
  };
}

function sandboxFrom(one: Row): ISandbox {
  const [owner, limits, history] = [one.owner, one.limits, one.history].map(recordOf) as Three;
  const usage = isRecord(one.usage) ? one.usage : null;
  return {
    id: textOf(one, 'id'),
    project: textOf(recordOf(one.project), 'name', '–'),
    owner: textOf(owner, 'name') || textOf(owner, 'email', '–'),
    email: textOf(owner, 'email'),
    state: textOf(one, 'state'),
    startedAt: textOf(one, 'started_at'),
    usage: usage && {
      cpu: numberOf(usage.cpu),
      memory: numberOf(usage.memory_bytes),
      processes: numberOf(usage.pids)
    },
    limits: {
      cpus: numberOf(limits.cpus),
      memory: numberOf(limits.memory_bytes),
      processes: numberOf(limits.pids)
    },
    cpuHistory: numbersOf(history.cpu),
    memoryHistory: numbersOf(history.memory_bytes)
  };
}

function roleOf(value: unknown): Role {
  return value === 'admin' || value === 'reviewer' ? value : 'learner';
}

function recordOf(value: unknown): Row {
  return isRecord(value) ? value : {};
}

function recordsOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(numberOf) : [];
}
