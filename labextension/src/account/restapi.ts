/** Ending the session of this browser. */

import type { ServerApi } from '../server/api.js';

/** End the session on the server; its cookie is worthless from then on. */
export async function signOut(api: ServerApi): Promise<void> {
  await api.post('logout');
}
