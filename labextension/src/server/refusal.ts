/** Reading the server's error answers: `{"message": …, "reason": CODE}` with a status. */

import { isRecord } from './shape.js';

/** Why the server refused. */
export interface IRefusal {
  readonly status: number;
  /** One sentence for the user. */
  readonly message: string;
  /** A stable code, such as `name_taken`. */
  readonly reason: string;
}

/** The server refused a request: `message` is for the user, `reason` for code. */
export class ApiError extends Error {
  constructor(refusal: IRefusal) {
    super(refusal.message);
    this.name = 'ApiError';
    this.reason = refusal.reason;
    this.status = refusal.status;
  }

  readonly reason: string;
  readonly status: number;
}

/** Whether what was to be replaced had become another one meanwhile. */
export function isStale(reason: unknown): boolean {
  return reason instanceof ApiError && reason.status === 412;
}

/** Make the best of an error answer; what is not ours still yields a readable message. */
export function refusalFromBody(status: number, statusText: string, body: string): IRefusal {
  const fallback = statusText === '' ? `HTTP ${status}` : `${statusText} (${status})`;
  const parsed = parsedOrNull(body);
  const { message, reason } = isRecord(parsed) ? parsed : { message: null, reason: null };
  return {
    status,
    message: typeof message === 'string' && message !== '' ? message : fallback,
    reason: typeof reason === 'string' ? reason : 'unknown'
  };
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
