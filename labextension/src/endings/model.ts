/** Why a kernel ended, as the server tells it. */

import { isRecord, textOf } from '../server/shape.js';

/** The causes the server names; what it does not know, and we do not know, is `unknown`. */
const CAUSES = [
  'exited',
  'killed',
  'out_of_memory',
  'process_limit',
  'disk_full',
  'user',
  'idle',
  'expired',
  'engine',
  'host',
  'unknown'
] as const;

export type Cause = (typeof CAUSES)[number];

/** What was measured when something ended. */
export interface IEvidence {
  /** Bytes. */
  readonly memory: { readonly peak: number; readonly limit: number };
  readonly pids: { readonly peak: number; readonly limit: number };
}

/** The end of a kernel, or of a sandbox. */
export interface IEnding {
  readonly cause: Cause;
  /** When, as the server wrote it: tells one end from the next. */
  readonly at: string;
  /** What happened and what to do, in the server's words, or `''`. */
  readonly detail: string;
  readonly evidence: IEvidence | null;
}

/** Read `ended` of a kernel or a sandbox; null when it has not ended. */
export function endingFrom(ended: unknown): IEnding | null {
  if (!isRecord(ended)) {
    return null;
  }
  const cause = textOf(ended, 'cause');
  return {
    cause: CAUSES.find(known => known === cause) ?? 'unknown',
    at: textOf(ended, 'at'),
    detail: textOf(ended, 'detail'),
    evidence: isRecord(ended.evidence) ? evidenceFrom(ended.evidence) : null
  };
}

function evidenceFrom(found: Record<string, unknown>): IEvidence {
  const number = (key: string) => (typeof found[key] === 'number' ? found[key] : 0);
  return {
    memory: { peak: number('memory_peak_bytes'), limit: number('memory_limit_bytes') },
    pids: { peak: number('pids_peak'), limit: number('pids_limit') }
  };
}

/** Read the end in a kernel's model; null when the kernel has not ended. */
export function endingFromKernel(kernel: unknown): IEnding | null {
  return isRecord(kernel) ? endingFrom(kernel.ended) : null;
}

/** Whether a kernel ended because its sandbox was stopped, and stays down. */
export function isStop({ cause }: IEnding): boolean {
  return cause === 'idle' || cause === 'expired';
}

/** Remembers which ends have been told, so that two tabs on one kernel tell it once. */
export class ToldEndings {
  /** Whether this end is news. Asking makes it old. */
  isNews(kernelId: string, ending: IEnding): boolean {
    const isNews = this._told.get(kernelId) !== ending.at;
    this._told.set(kernelId, ending.at);
    return isNews;
  }

  private readonly _told = new Map<string, string>();
}
