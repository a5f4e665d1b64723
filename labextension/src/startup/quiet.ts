/** When the page has time for what nobody waits for. */

import type { JupyterFrontEnd } from '@jupyterlab/application';

const LATEST = 3000; // milliseconds after the layout is there

/** Resolves once the page can be used and the browser has nothing else to do, or soon after. */
export async function whenQuiet(app: JupyterFrontEnd): Promise<void> {
  await app.restored;
  await new Promise<void>(resolve => {
    window.requestIdleCallback(() => resolve(), { timeout: LATEST });
  });
}
