import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { journaledId, LastSeen } from '../src/reconnect/model.js';
import { patient } from '../src/reconnect/patience.js';

const ADDRESS = 'wss://example.org/base/api/kernels/k-1/channels?session_id=s-1';

function frame(channel: string, header: object): ArrayBuffer {
  const parts = [channel, JSON.stringify(header), '{}', '{}', '{}'].map(part =>
    new TextEncoder().encode(part)
  );
  let end = 8 * (parts.length + 2);
  const offsets = [end];
  for (const part of parts) {
    end += part.length;
    offsets.push(end);
  }
  const data = new Uint8Array(end);
  const view = new DataView(data.buffer);
  [offsets.length, ...offsets].forEach((value, index) =>
    view.setBigUint64(8 * index, BigInt(value), true)
  );
  parts.forEach((part, index) => data.set(part, offsets[index]));
  return data.buffer;
}

function message(id: string, kind: string, session = 'the kernel'): object {
  return { msg_id: id, msg_type: kind, session };
}

test('a kernel finds its outputs, and the replies and questions of executions', () => {
  assert.equal(journaledId(frame('iopub', message('a', 'stream'))), 'a');
  assert.equal(journaledId(frame('shell', message('b', 'execute_reply'))), 'b');
  assert.equal(journaledId(frame('stdin', message('c', 'input_request'))), 'c');
  assert.equal(journaledId(frame('shell', message('d', 'complete_reply'))), undefined);
  assert.equal(journaledId(frame('iopub', message('e', 'stream', 'platform'))), undefined);
});

test('a connection is continued after the last message that came over it', () => {
  const seen = new LastSeen();
  const connection = seen.connection(ADDRESS);
  assert.ok(connection);
  assert.equal(seen.continued(ADDRESS), ADDRESS);
  seen.note(connection, frame('iopub', message('a', 'stream')));
  seen.note(connection, frame('iopub', message('b', 'stream')));
  seen.note(connection, frame('iopub', message('notice', 'stream', 'platform')));
  seen.note(connection, 'text');
  assert.equal(seen.continued(ADDRESS), `${ADDRESS}&last_seen=b`);
  assert.equal(seen.continued(ADDRESS.replace('s-1', 's-2')), ADDRESS.replace('s-1', 's-2'));
});

test('other websockets are left alone', () => {
  const seen = new LastSeen();
  for (const address of [
    'wss://example.org/terminals/websocket/1?session_id=s-1',
    'wss://example.org/api/kernels/k-1/channels'
  ]) {
    assert.equal(seen.connection(address), undefined);
    assert.equal(seen.continued(address), address);
  }
});

/** A server that is away until it is told to come; `asked` has what it was asked then. */
async function awayServer(context: TestContext) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  const listen = (port: number) => new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${port}`, asked, come: () => listen(port) };
}

test('a question about a kernel waits for the server', async context => {
  const { url, asked, come } = await awayServer(context);

  const answer = await patient(come)(`${url}/api/kernels/k-1?123`);

  assert.equal(answer.status, 200);
  assert.deepEqual(asked, ['GET /api/kernels/k-1?123']);
});

test('nothing else waits', async context => {
  const { url, asked, come } = await awayServer(context);
  const impatient = [
    ['GET', '/api/kernels'],
    ['GET', '/api/kernels/k-1/channels'],
    ['DELETE', '/api/kernels/k-1'],
    ['PUT', '/api/contents/a.txt']
  ] as const;

  for (const [method, path] of impatient) {
    await assert.rejects(patient(come)(url + path, { method }), TypeError);
  }

  assert.deepEqual(asked, []);
});
