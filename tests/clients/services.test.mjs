// @jupyterlab/services, unmodified, against a running server: PLATFORM_URL with PLATFORM_TOKEN.
// PLATFORM_PROJECT names an empty project of the token's owner.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

const require = createRequire(new URL('../../labextension/package.json', import.meta.url));
const { PageConfig } = require('@jupyterlab/coreutils');
const {
  ContentsManager,
  KernelManager,
  KernelSpecManager,
  ServerConnection,
  SessionManager,
  TerminalManager
} = require('@jupyterlab/services');

// A page of the server says so in its configuration.
PageConfig.setOption('terminalsAvailable', 'true');

const url = process.env.PLATFORM_URL;
const project = process.env.PLATFORM_PROJECT;
const serverSettings = ServerConnection.makeSettings({
  baseUrl: url,
  wsUrl: url.replace(/^http/, 'ws'),
  token: process.env.PLATFORM_TOKEN,
  appendToken: false,
  WebSocket: withToken(require('ws'), process.env.PLATFORM_TOKEN)
});

const contents = new ContentsManager({ serverSettings });
const kernels = new KernelManager({ serverSettings });
const sessions = new SessionManager({ serverSettings, kernelManager: kernels });
const specs = new KernelSpecManager({ serverSettings });
const terminals = new TerminalManager({ serverSettings });
const managers = [contents, sessions, kernels, specs, terminals];

// One session for all tests that only run code: what they test is not how it starts.
let session;

before(async () => {
  session = await sessions.startNew(newSession('shared.ipynb'));
});

after(async () => {
  await session?.shutdown();
  managers.forEach(manager => manager.dispose());
});

/** A WebSocket class that says who it is in a header, as a browser never can. */
function withToken(WebSocket, token) {
  return class extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers: { Authorization: `Bearer ${token}` } });
    }
  };
}

function newSession(name) {
  return { path: `${project}/${name}`, name, type: 'notebook', kernel: { name: 'python3' } };
}

/** Run code; resolves with its reply, and what it printed. */
async function run(kernel, code) {
  const future = kernel.requestExecute({ code });
  let text = '';
  future.onIOPub = message => {
    text += message.header.msg_type === 'stream' ? message.content.text : '';
  };
  const reply = await future.done;
  return { status: reply.content.status, text, reply };
}

/** Resolves with what a terminal has shown once that matches. */
function shown(terminal, pattern) {
  return new Promise(resolve => {
    let text = '';
    terminal.messageReceived.connect((_, message) => {
      text += message.type === 'stdout' ? message.content.join('') : '';
      if (pattern.test(text)) {
        resolve(text);
      }
    });
  });
}

test('the kernels on offer are listed, Python first', async () => {
  await specs.ready;

  assert.equal(specs.specs.default, 'python3');
  assert.equal(specs.specs.kernelspecs.python3.language, 'python');
});

test('a file is saved, read, renamed, copied and deleted', async () => {
  const saved = await contents.save(`${project}/notes.txt`, {
    type: 'file',
    format: 'text',
    content: 'grüße\n'
  });
  const renamed = await contents.rename(saved.path, `${project}/renamed.txt`);
  const copied = await contents.copy(renamed.path, project);
  const model = await contents.get(copied.path, { content: true });
  await contents.delete(renamed.path);
  const { content: left } = await contents.get(project);

  assert.equal(model.content, 'grüße\n');
  assert.ok(left.some(item => item.path === copied.path));
  assert.ok(!left.some(item => item.name === 'renamed.txt'));
});

test('a checkpoint brings back what was saved', async () => {
  const path = `${project}/checked.txt`;
  const text = content => ({ type: 'file', format: 'text', content });
  await contents.save(path, text('before'));
  const { id } = await contents.createCheckpoint(path);
  await contents.save(path, text('after'));

  await contents.restoreCheckpoint(path, id);

  assert.equal((await contents.get(path)).content, 'before');
});

test('an untitled notebook is made in the project and can be saved', async () => {
  const { path } = await contents.newUntitled({ path: project, type: 'notebook' });
  const { content } = await contents.get(path, { content: true });
  content.cells.push({ cell_type: 'markdown', id: 'one', metadata: {}, source: '# Hello' });
  await contents.save(path, { type: 'notebook', format: 'json', content });

  assert.equal((await contents.get(path)).content.cells.at(-1).source, '# Hello');
});

test('a session runs code, and its variables stay', async () => {
  const { kernel } = session;
  await run(kernel, 'x = 6');

  const { status, text } = await run(kernel, 'print(x * 7)');

  assert.equal(status, 'ok');
  assert.equal(text, '42\n');
});

test('a session is found by its path, and its kernel among the running ones', async () => {
  await sessions.refreshRunning();
  await kernels.refreshRunning();

  const found = await sessions.findByPath(`${project}/shared.ipynb`);

  assert.equal(found.id, session.id);
  assert.ok([...kernels.running()].some(model => model.id === session.kernel.id));
});

test('what a kernel writes is there for the contents API at once', async () => {
  await run(session.kernel, "open('written.txt', 'w').write('by the kernel')");

  assert.equal((await contents.get(`${project}/written.txt`)).content, 'by the kernel');
});

test('a kernel asks for input and gets it', async () => {
  const future = session.kernel.requestExecute({ code: "print('hello', input('name? '))" });
  let text = '';
  future.onStdin = message => {
    assert.equal(message.content.prompt, 'name? ');
    future.sendInputReply({ status: 'ok', value: 'Ada' }, message.header);
  };
  future.onIOPub = message => (text += message.content.text ?? '');

  await future.done;

  assert.match(text, /hello Ada/);
});

test('a kernel completes and inspects', async () => {
  const { content } = await session.kernel.requestComplete({ code: 'impor', cursor_pos: 5 });
  const inspected = await session.kernel.requestInspect({ code: 'print', cursor_pos: 5, detail_level: 0 });

  assert.ok(content.matches.includes('import'));
  assert.ok(inspected.content.found);
});

test('a busy kernel is interrupted', async () => {
  const { kernel } = session;
  const future = kernel.requestExecute({ code: "print('started')\nimport time\ntime.sleep(600)" });
  const started = new Promise(resolve => {
    future.onIOPub = message => message.header.msg_type === 'stream' && resolve();
  });
  await started;

  await kernel.interrupt();
  const reply = await future.done;

  assert.equal(reply.content.ename, 'KeyboardInterrupt');
});

test('a restarted kernel keeps its id and forgets its variables', async () => {
  const own = await sessions.startNew(newSession('restarted.ipynb'));
  const { id } = own.kernel;
  await run(own.kernel, 'y = 1');

  await own.kernel.restart();
  const { status, reply } = await run(own.kernel, 'y');

  assert.equal(own.kernel.id, id);
  assert.equal(status, 'error');
  assert.equal(reply.content.ename, 'NameError');
  await own.shutdown();
});

test('a terminal runs in the folder of the project', async () => {
  const terminal = await terminals.startNew({ cwd: project });
  const answer = shown(terminal, /sum=42[\s\S]*\/workspace/);

  terminal.send({ type: 'stdin', content: ['echo sum=$((6*7)); pwd\r'] });

  assert.ok(await answer);
  await terminal.shutdown();
});

test('a terminal that was shut down is not listed any more', async () => {
  const terminal = await terminals.startNew({ cwd: project });
  await terminals.refreshRunning();
  assert.ok([...terminals.running()].some(model => model.name === terminal.name));

  await terminals.shutdown(terminal.name);

  assert.ok(![...terminals.running()].some(model => model.name === terminal.name));
});

for (const [what, ask] of [
  ['a file', () => contents.get('someone-elses/a.ipynb')],
  ['a session', () => sessions.startNew({ ...newSession('a'), path: 'someone-elses/a.ipynb' })],
  ['a terminal', () => terminals.startNew({ cwd: 'someone-elses' })]
]) {
  test(`${what} in a project that is not mine is refused with 404`, async () => {
    await assert.rejects(ask(), reason => reason.response?.status === 404);
  });
}
