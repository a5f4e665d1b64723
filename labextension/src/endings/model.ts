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

/** The end of a kernel. */
export interface IEnding {
  readonly cause: Cause;
  /** When, as the server wrote it: tells one end from the next. */
  readonly at: string;
  /** One sentence of the server's, or `''`. */
  readonly detail: string;
}

/** Read `ended` of a kernel's model; null when the kernel has not ended. */
export function endingFromKernel(kernel: unknown): IEnding | null {
  if (!isRecord(kernel) || !isRecord(kernel.ended)) {
    return null;
  }
  const cause = textOf(kernel.ended, 'cause');
  return {
    cause: CAUSES.find(known => known === cause) ?? 'unknown',
    at: textOf(kernel.ended, 'at'),
    detail: textOf(kernel.ended, 'detail')
  };
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
