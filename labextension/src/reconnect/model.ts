/** What a page has of a kernel's messages, and how it says so when it connects again. */

const CHANNELS = /\/api\/kernels\/([^/]+)\/channels$/;
const BY_THE_SERVER = 'platform'; // the session of messages that are not the kernel's own
const JOURNALED: ReadonlySet<string> = new Set(['execute_reply', 'input_request']);
const MOST = 256; // kernels and sessions that are remembered
const WORD = 8; // bytes of an offset

/** The last message of each connection, by kernel and session, so that it can be continued. */
export class LastSeen {
  /** The name of the connection that the address is for; undefined if it is not for a kernel. */
  connection(address: string): string | undefined {
    const url = new URL(address);
    const kernel = CHANNELS.exec(url.pathname)?.[1];
    const session = url.searchParams.get('session_id');
    return kernel && session ? `${kernel} ${session}` : undefined;
  }

  /** The address, made to say what the page has already, so that it gets the rest exactly once. */
  continued(address: string): string {
    const connection = this.connection(address);
    const last = connection && this._ids.get(connection);
    if (!last) {
      return address;
    }
    const url = new URL(address);
    url.searchParams.set('last_seen', last);
    return url.href;
  }

  /** Note a message that came over a connection. */
  note(connection: string, data: unknown): void {
    const id = data instanceof ArrayBuffer ? journaledId(data) : undefined;
    if (!id) {
      return;
    }
    if (!this._ids.has(connection) && this._ids.size >= MOST) {
      this._ids.delete(this._ids.keys().next().value as string);
    }
    this._ids.set(connection, id);
  }

  private readonly _ids = new Map<string, string>();
}

/**
 * The id of a message in the protocol `v1.kernel.websocket.jupyter.org`, if the kernel can find it.
 *
 * A kernel finds what it has published, and the replies and questions of executions.
 */
export function journaledId(data: ArrayBuffer): string | undefined {
  const view = new DataView(data);
  const offset = (index: number) => Number(view.getBigUint64(WORD * (index + 1), true));
  const text = (index: number) =>
    new TextDecoder().decode(new Uint8Array(data, offset(index), offset(index + 1) - offset(index)));
  const header = JSON.parse(text(1)) as { msg_id: string; msg_type: string; session: string };
  const isJournaled = text(0) === 'iopub' || JOURNALED.has(header.msg_type);
  return isJournaled && header.session !== BY_THE_SERVER ? header.msg_id : undefined;
}
