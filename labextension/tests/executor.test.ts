import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

import { isOnTheWay, KernelArrivals, type AwaitedSession } from '../src/executor/model.js';

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
