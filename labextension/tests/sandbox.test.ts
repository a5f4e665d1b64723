import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NOTICE_EVENT, noticeFrom, sandboxFrom, sandboxOfProject, type INotice, type ISandbox, type Kind } from '../src/sandbox/data.js';
import { SandboxModel } from '../src/sandbox/model.js';
import { NoticeTeller, type IMessage } from '../src/sandbox/notices.js';
import { reviveKernels, type Resumable } from '../src/sandbox/resume.js';
import { saveChanged } from '../src/sandbox/saving.js';

const ANSWER = {
  id: 's1',
  project: 'p1',
  state: 'running',
  limits: { cpus: 2, memory_bytes: 512, pids: 256 },
  started_at: '2026-01-01T12:00:00+00:00',
  usage: { cpu_seconds: 3, memory_bytes: 128, pids: 7, disk: { bytes: 5, quota_bytes: 50 } },
  stops: { idle_at: '2026-01-01T14:00:00+00:00', expires_at: null },
  ended: null
};
const ENDED = { cause: 'idle', at: '2026-01-01T15:00:00+00:00', detail: 'Nobody used it.', evidence: null };
const RUNNING = sandboxFrom(ANSWER) as ISandbox;
const STOPPED = sandboxFrom({ ...ANSWER, state: 'stopped', usage: null, ended: ENDED }) as ISandbox;

test('a sandbox that runs is read', () => {
  assert.deepEqual(RUNNING, {
    id: 's1',
    state: 'running',
    limits: { cpus: 2, memory: 512, pids: 256 },
    startedAt: new Date('2026-01-01T12:00:00Z'),
    usage: { cpuSeconds: 3, memory: 128, pids: 7, disk: { bytes: 5, quota: 50 } },
    stops: { idleAt: new Date('2026-01-01T14:00:00Z'), expiresAt: null },
    ended: null,
    before: null
  });
});

test('one that waits for its start says how many are before it', () => {
  const waiting = { ...ANSWER, state: 'starting', usage: null, queue: { position: 3, before: 2 } };

  assert.equal(sandboxFrom(waiting)?.before, 2);
});

for (const answer of [null, {}, { state: 'running' }, { ...ANSWER, state: 'melting' }]) {
  test(`${JSON.stringify(answer)} is no sandbox`, () => assert.equal(sandboxFrom(answer), null));
}

test('the sandbox of a project is found among all', () => {
  assert.equal(sandboxOfProject([{ ...ANSWER, project: 'p0', id: 's0' }, ANSWER], 'p1')?.id, 's1');
  assert.equal(sandboxOfProject([ANSWER], 'p2'), null);
  assert.equal(sandboxOfProject({ message: 'no' }, 'p1'), null);
});

test('an event about a sandbox is read, and no other', () => {
  const event = {
    schema_id: NOTICE_EVENT,
    project_id: 'p1',
    container_id: 's1',
    kind: 'idle',
    detail: 'Soon.',
    deadline: '2026-01-01T14:00:00Z'
  };

  assert.deepEqual(noticeFrom(event), notice('idle', { deadline: new Date('2026-01-01T14:00:00Z') }));
  assert.equal(noticeFrom({ ...event, kind: 'party' }), null);
  assert.equal(noticeFrom({ ...event, schema_id: 'other' }), null);
});

function notice(kind: Kind, more: Partial<INotice> = {}): INotice {
  const told = { projectId: 'p1', sandboxId: 's1', detail: 'Soon.', deadline: null, ended: null };
  return { kind, ...told, ...more };
}

/** A model whose server answers as the test has it. */
function bench() {
  const state = { latest: null as ISandbox | null, time: 0, asked: [] as string[], isAway: false };
  const answer = async (what: string) => {
    state.asked.push(what);
    if (state.isAway) {
      throw new Error('away');
    }
    return state.latest;
  };
  const model = new SandboxModel({ find: answer, get: answer, now: () => state.time });
  return { state, model };
}

test('what runs is asked about by its id, and looked for when it has ended', async () => {
  const { state, model } = bench();
  model.follow('thesis');
  await model.refresh();
  state.latest = RUNNING;
  await model.refresh();
  await model.refresh();
  state.latest = STOPPED;
  await model.refresh();

  assert.deepEqual(state.asked.slice(1), ['thesis', 'thesis', 's1', 's1', 'thesis']);
  assert.equal(model.lastEnd?.detail, 'Nobody used it.');
  assert.equal(model.isAlive, false);
});

test('the processor is what was used between two looks, of what may be', async () => {
  const { state, model } = bench();
  state.latest = RUNNING;
  model.follow('thesis');
  await model.refresh();
  assert.equal(model.cpu, null);
  state.time = 2;
  state.latest = { ...RUNNING, usage: { ...RUNNING.usage!, cpuSeconds: 5 } };
  await model.refresh();

  assert.equal(model.cpu, 0.5);
});

test('a server that does not answer leaves what was shown', async () => {
  const { state, model } = bench();
  state.latest = RUNNING;
  model.follow('thesis');
  await model.refresh();
  state.isAway = true;
  await model.refresh();

  assert.equal(model.sandbox, RUNNING);
});

test('without a project nothing is asked', async () => {
  const { state, model } = bench();
  await model.refresh();

  assert.deepEqual(state.asked, []);
});

/** A teller, and what it did. */
function teller() {
  const done = { shown: [] as IMessage[], dismissed: [] as string[], saved: [] as string[] };
  const told = new NoticeTeller({
    show: message => `${done.shown.push(message)}`,
    dismiss: id => void done.dismissed.push(id),
    save: projectId => void done.saved.push(projectId)
  });
  return { told, done };
}

test('a sandbox that will stop can be kept, and what is open is saved', () => {
  const { told, done } = teller();
  told.take(notice('idle'));
  told.take(notice('in_use'));

  assert.deepEqual(done.shown[0]?.offers, ['keep']);
  assert.deepEqual([done.saved, done.dismissed], [['p1'], ['1']]);
});

test('what is nearly used up is told, and goes away by itself', () => {
  for (const kind of ['memory', 'processes', 'disk'] as const) {
    const { told, done } = teller();
    const event = { schema_id: NOTICE_EVENT, project_id: 'p1', container_id: 's1', kind, detail: 'Soon.' };
    told.take(noticeFrom(event) as INotice);

    assert.deepEqual(done.shown[0]?.offers, ['details']);
    assert.notEqual(done.shown[0]?.autoClose, false);
  }
});

test('a sandbox that was stopped can be started again, and the warning goes', () => {
  const { told, done } = teller();
  told.take(notice('idle'));
  told.take(notice('ended', { ended: { ...ENDED, cause: 'idle' } }));

  assert.deepEqual(done.dismissed, ['1']);
  assert.deepEqual(done.shown[1]?.offers, ['resume']);
});

test('an end is told once, and not at all if the user wanted it or knows of it', () => {
  const { told, done } = teller();
  const ended = { ...ENDED, cause: 'engine' } as const;
  told.take(notice('ended', { ended }));
  told.take(notice('ended', { ended }));
  told.take(notice('ended', { ended: { ...ended, at: 'later', cause: 'user' } }));
  told.noteTold('known');
  told.take(notice('ended', { ended: { ...ended, at: 'known' } }));

  assert.equal(done.shown.length, 1);
  assert.deepEqual(done.shown[0]?.offers, []);
});

function session(path: string, status: string, renewed: string[]): Resumable {
  const changeKernel = async ({ name }: { name?: string } = {}) => void renewed.push(`${path} ${name}`);
  return { path, isDisposed: false, changeKernel, session: { kernel: { status, name: 'python3' } } } as unknown as Resumable;
}

test('dead kernels of the project get others, and no others do', async () => {
  const renewed: string[] = [];
  const sessions = [
    session('thesis/a.ipynb', 'dead', renewed),
    session('thesis/b.ipynb', 'idle', renewed),
    session('other/c.ipynb', 'dead', renewed)
  ];

  assert.equal(await reviveKernels(sessions, 'thesis'), 1);
  assert.deepEqual(renewed, ['thesis/a.ipynb python3']);
});

test('what has changes is saved, whatever becomes of the others', async () => {
  const saved: string[] = [];
  const open = (path: string, dirty: boolean, fails = false) => ({
    path,
    model: { dirty },
    save: async () => {
      if (fails) {
        throw new Error('no');
      }
      saved.push(path);
    }
  });
  const documents = [open('a', true, true), open('b', true), open('c', false), open('d', true)];

  await saveChanged(documents, path => path !== 'd');

  assert.deepEqual(saved, ['b']);
});
