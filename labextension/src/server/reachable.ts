/** Waits for a server that is away. */

import { ServerConnection } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';

import { ServerApi } from './api.js';

const INTERVAL = 2000; // milliseconds between two attempts to reach the server

/** Resolve when the server answers anything at all. */
export function reachable(settings: ServerConnection.ISettings): Promise<void> {
  const api = new ServerApi(settings);
  return new Promise(resolve => {
    const poll = new Poll({
      frequency: { interval: INTERVAL, backoff: false },
      standby: 'never', // what runs is shown to whoever comes back to the page
      factory: async () => {
        try {
          await api.get('api/me');
        } catch (error) {
          if (error instanceof ServerConnection.NetworkError) {
            return;
          }
        }
        poll.dispose();
        resolve();
      }
    });
  });
}
