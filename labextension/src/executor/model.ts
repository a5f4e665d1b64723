/** Waiting for a notebook's kernel while it is being started or restarted. */

import type { ISessionContext } from '@jupyterlab/apputils';

/** How the wait ended: run the cell, tell the user why not, or forget it. */
export type Arrival = 'ready' | 'failed' | 'closed';

/** The part of a session context that the wait looks at. */
export type AwaitedSession = Pick<
  ISessionContext,
  'disposed' | 'isDisposed' | 'isReady' | 'kernelDisplayStatus' | 'ready' | 'session' | 'statusChanged'
>;

const ON_THE_WAY: ReadonlySet<ISessionContext.KernelDisplayStatus> = new Set([
  'initializing',
  'starting',
  'restarting'
]);

/** Whether the session has no kernel yet, but somebody is busy giving it one. */
export function isOnTheWay(session: AwaitedSession): boolean {
  return !session.isDisposed && !session.isReady && ON_THE_WAY.has(session.kernelDisplayStatus);
}

/**
 * One wait per session, shared by all the cells that were run meanwhile.
 *
 * Sharing the promise keeps the cells in the order in which they were run, and lets a failure be
 * reported once.
 */
export class KernelArrivals {
  /** @param _onFailure called once for each start that failed while cells were waiting */
  constructor(private readonly _onFailure: (session: AwaitedSession) => void) {}

  /** Resolve when the session's kernel is there, or is known not to come. Never rejects. */
  wait(session: AwaitedSession): Promise<Arrival> {
    let arrival = this._waits.get(session);
    if (!arrival) {
      arrival = this._settle(session);
      this._waits.set(session, arrival);
    }
    return arrival;
  }

  private async _settle(session: AwaitedSession): Promise<Arrival> {
    await changed(session);
    this._waits.delete(session);
    const arrival = arrivalOf(session);
    if (arrival === 'failed') {
      this._onFailure(session);
    }
    return arrival;
  }

  private readonly _waits = new Map<AwaitedSession, Promise<Arrival>>();
}

function arrivalOf(session: AwaitedSession): Arrival {
  if (session.isDisposed) {
    return 'closed';
  }
  return session.isReady && session.session?.kernel ? 'ready' : 'failed';
}

function changed(session: AwaitedSession): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (!isOnTheWay(session)) {
        session.statusChanged.disconnect(look);
        session.disposed.disconnect(look);
        resolve();
      }
    };
    session.statusChanged.connect(look);
    session.disposed.connect(look);
    void session.ready.then(look, look);
    look();
  });
}
