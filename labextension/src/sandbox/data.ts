/** Sandboxes and what is told about them, as the server sends them. */

import { endingFrom, type IEnding } from '../endings/model.js';
import { isRecord, textOf } from '../server/shape.js';

/** The event by which the server tells a project's people about its sandbox. */
export const NOTICE_EVENT = 'https://events.jupyter.org/platform_server/sandbox_notice/v1';

/** The event by which it tells them that the sandbox is in another state. */
export const STATE_EVENT = 'https://events.jupyter.org/platform_server/sandbox_state/v1';

const STATES = ['starting', 'running', 'stopped', 'failed'] as const;
const KINDS = [
  'memory',
  'out_of_memory',
  'processes',
  'disk',
  'idle',
  'in_use',
  'expiry',
  'ended'
] as const;

export type State = (typeof STATES)[number];
export type Kind = (typeof KINDS)[number];

/** What a sandbox may use. */
export interface ILimits {
  readonly cpus: number;
  readonly memory: number;
  readonly pids: number;
}

/** What it uses now. */
export interface IUsage {
  /** Seconds of processor time since it was started. */
  readonly cpuSeconds: number;
  readonly memory: number;
  readonly pids: number;
  /** Of the project's files. */
  readonly disk: { readonly bytes: number; readonly quota: number } | null;
}

/** When it will be stopped, and after how long without use, or of running, that is. */
export interface IStops {
  readonly idleAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface ISandbox {
  readonly id: string;
  readonly state: State;
  readonly limits: ILimits;
  readonly startedAt: Date | null;
  readonly usage: IUsage | null;
  readonly stops: IStops | null;
  readonly ended: IEnding | null;
  /** How many are before it, while it waits for its start; null when that is not so. */
  readonly before: number | null;
}

/** Something that the server tells unasked. */
export interface INotice {
  readonly kind: Kind;
  readonly projectId: string;
  readonly sandboxId: string;
  readonly detail: string;
  readonly deadline: Date | null;
  readonly ended: IEnding | null;
}

/** Read an answer of `GET /api/containers/{id}`; null for what is none. */
export function sandboxFrom(answer: unknown): ISandbox | null {
  const state = isRecord(answer) ? STATES.find(one => one === answer.state) : undefined;
  if (!isRecord(answer) || state === undefined || !isRecord(answer.limits)) {
    return null;
  }
  const { limits, usage, stops, queue } = answer;
  return {
    id: textOf(answer, 'id'),
    state,
    limits: {
      cpus: numberOf(limits.cpus),
      memory: numberOf(limits.memory_bytes),
      pids: numberOf(limits.pids)
    },
    startedAt: dateOf(answer.started_at),
    usage: isRecord(usage) ? usageFrom(usage) : null,
    stops: isRecord(stops)
      ? { idleAt: dateOf(stops.idle_at), expiresAt: dateOf(stops.expires_at) }
      : null,
    ended: endingFrom(answer.ended),
    before: isRecord(queue) && typeof queue.before === 'number' ? queue.before : null
  };
}

/** Find a project's sandbox in the answer of `GET /api/containers/`. */
export function sandboxOfProject(answer: unknown, projectId: string): ISandbox | null {
  const all: unknown[] = Array.isArray(answer) ? answer : [];
  return sandboxFrom(all.find(one => isRecord(one) && one.project === projectId));
}

/** Read an event; null when it is not about a sandbox. */
export function noticeFrom(event: unknown): INotice | null {
  if (!isRecord(event) || event.schema_id !== NOTICE_EVENT) {
    return null;
  }
  const kind = KINDS.find(one => one === event.kind);
  return kind === undefined
    ? null
    : {
        kind,
        projectId: textOf(event, 'project_id'),
        sandboxId: textOf(event, 'container_id'),
        detail: textOf(event, 'detail'),
        deadline: dateOf(event.deadline),
        ended: endingFrom(event.ended)
      };
}

function usageFrom(usage: Record<string, unknown>): IUsage {
  const disk = isRecord(usage.disk) ? usage.disk : null;
  return {
    cpuSeconds: numberOf(usage.cpu_seconds),
    memory: numberOf(usage.memory_bytes),
    pids: numberOf(usage.pids),
    disk: disk && { bytes: numberOf(disk.bytes), quota: numberOf(disk.quota_bytes) }
  };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function dateOf(value: unknown): Date | null {
  const date = new Date(typeof value === 'string' ? value : NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
