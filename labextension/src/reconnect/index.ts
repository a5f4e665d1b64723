/** Lets a page that lost its connection to a kernel go on exactly where it was. */

import { IServerSettings, ServerConnection, type ServiceManagerPlugin } from '@jupyterlab/services';

import { reachable } from '../server/reachable.js';
import connectionLost from './lost.js';
import { LastSeen } from './model.js';
import { patient } from './patience.js';

const seen = new LastSeen();

/** Says, when it connects to a kernel again, which of its messages the page has already. */
class ContinuedWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(seen.continued(String(url)), protocols);
    const connection = seen.connection(String(url));
    if (connection) {
      this.addEventListener('message', event => seen.note(connection, event.data));
    }
  }
}

/** Replaces `@jupyterlab/services-extension:server-settings`. */
const settings: ServiceManagerPlugin<ServerConnection.ISettings> = {
  id: 'platform-labextension:server-settings',
  description: 'How the server is reached.',
  autoStart: true,
  provides: IServerSettings,
  activate: () =>
    ServerConnection.makeSettings({
      WebSocket: ContinuedWebSocket,
      fetch: patient(() => reachable(ServerConnection.makeSettings()))
    })
};

export default [connectionLost, settings];
