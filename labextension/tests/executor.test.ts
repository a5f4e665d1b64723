import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

import { isOnTheWay, KernelArrivals, type AwaitedSession } from '../src/executor/model.js';
import { LongRuns } from '../src/executor/saving.js';

/** A session whose life the test directs. */
class DirectedSession {
  isReady = false;
  isDisposed = false;
  kernelDisplayStatus: AwaitedSession['kernelDisplayStatus'] = 'initializing';
  session: AwaitedSession['session'] = null;
  readonly statusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  readonly first = new PromiseDelegate<void>();

  get ready(): Promise<void> {
    return this.first.promise;
  }

  get asAwaited(): AwaitedSession {
    return this as unknown as AwaitedSession;
  }

  become(status: AwaitedSession['kernelDisplayStatus'], { hasKernel }: { hasKernel: boolean }): void {
    this.kernelDisplayStatus = status;
    this.isReady = true;
    this.session = hasKernel ? ({ kernel: {} } as AwaitedSession['session']) : null;
    this.first.resolve();
    this.statusChanged.emit(status);
  }
}

function arrivals(): { readonly waits: KernelArrivals; readonly failures: AwaitedSession[] } {
  const failures: AwaitedSession[] = [];
  return { waits: new KernelArrivals(session => failures.push(session)), failures };
}

test('a session that is being initialised is on the way', () => {
  assert.ok(isOnTheWay(new DirectedSession().asAwaited));
});

test('a session without a kernel that nobody starts is not on the way', () => {
  const session = new DirectedSession();
  session.kernelDisplayStatus = 'unknown';

  assert.ok(!isOnTheWay(session.asAwaited));
});

test('the wait ends when the kernel is there', async () => {
  const session = new DirectedSession();
  const { waits, failures } = arrivals();
  const arrival = waits.wait(session.asAwaited);

  session.become('idle', { hasKernel: true });

  assert.equal(await arrival, 'ready');
  assert.deepEqual(failures, []);
});

test('a failed start is reported once, however many cells wait', async () => {
  const session = new DirectedSession();
  const { waits, failures } = arrivals();
  const arrival = [waits.wait(session.asAwaited), waits.wait(session.asAwaited)];

  session.become('unknown', { hasKernel: false });

  assert.deepEqual(await Promise.all(arrival), ['failed', 'failed']);
  assert.deepEqual(failures, [session]);
});

test('a closed notebook ends the wait without a word', async () => {
  const session = new DirectedSession();
  const { waits, failures } = arrivals();
  const arrival = waits.wait(session.asAwaited);

  session.isDisposed = true;
  session.disposed.emit();

  assert.equal(await arrival, 'closed');
  assert.deepEqual(failures, []);
});

test('a restart is waited for although the session has been ready before', async () => {
  const session = new DirectedSession();
  session.become('idle', { hasKernel: true });
  session.isReady = false;
  session.kernelDisplayStatus = 'restarting';
  const arrival = arrivals().waits.wait(session.asAwaited);

  session.become('idle', { hasKernel: true });

  assert.equal(await arrival, 'ready');
});

test('cells go on in the order in which they were run', async () => {
  const session = new DirectedSession();
  const { waits } = arrivals();
  const order: number[] = [];
  const run = async (cell: number) => {
    await waits.wait(session.asAwaited);
    order.push(cell);
  };
  const cells = [1, 2, 3].map(run);

  session.become('idle', { hasKernel: true });
  await Promise.all(cells);

  assert.deepEqual(order, [1, 2, 3]);
});

class Document {
  isDisposed = false;
  canSave = true;
  model = { dirty: true };
  saves = 0;

  async save(): Promise<void> {
    this.saves += 1;
    throw new Error('told by the page');
  }
}

test('a notebook is saved once a cell of it takes long', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const runs = new LongRuns<string>(async () => undefined, 3);
  const document = new Document();
  runs.began('long', document);
  runs.began('short', document);
  t.mock.timers.tick(2000);
  runs.ended('short');
  assert.equal(document.saves, 0);
  t.mock.timers.tick(1000);
  await settled();
  assert.equal(document.saves, 1);
  runs.ended('long');
  t.mock.timers.tick(9000);
  await settled();
  assert.equal(document.saves, 1);
});

test('a notebook is not saved by itself while there is no server', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const runs = new LongRuns<string>(() => Promise.reject(new Error('away')), 3);
  const document = new Document();
  runs.began('long', document);
  t.mock.timers.tick(3000);
  await settled();
  assert.equal(document.saves, 0);
});

test('a notebook that needs or takes no save is left alone', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const runs = new LongRuns<string>(async () => undefined, 3);
  const clean = Object.assign(new Document(), { model: { dirty: false } });
  const readOnly = Object.assign(new Document(), { canSave: false });
  const closed = Object.assign(new Document(), { isDisposed: true });
  [clean, readOnly, closed].forEach((document, index) => runs.began(`${index}`, document));
  t.mock.timers.tick(3000);
  await settled();
  assert.deepEqual([clean.saves, readOnly.saves, closed.saves], [0, 0, 0]);
});

/** Let everything that has been promised happen. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
