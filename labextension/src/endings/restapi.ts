/** What the server knows about a kernel's end. */

import type { ServerApi } from '../server/api.js';
import { ApiError } from '../server/refusal.js';
import { endingFromKernel, type IEnding } from './model.js';

/** The kernel's last end; null when it has not ended, or is not known any more. */
export async function fetchEnding(api: ServerApi, kernelId: string): Promise<IEnding | null> {
  try {
    return endingFromKernel(await api.get(`api/kernels/${encodeURIComponent(kernelId)}`));
  } catch (reason) {
    if (reason instanceof ApiError && reason.status === 404) {
      return null;
    }
    throw reason;
  }
}
