/** What went wrong, in words for the user. */

import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

/** A refusal in the server's own words; for want of an answer, what can be done about it. */
export function wordsOf(reason: unknown, trans: TranslationBundle): string {
  if (reason instanceof ServerConnection.NetworkError) {
    return trans.__('The server cannot be reached. Check your connection, then try again.');
  }
  return reason instanceof Error ? reason.message : String(reason);
}
