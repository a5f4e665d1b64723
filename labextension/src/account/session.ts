/** Notices when this browser's session has ended: signed out elsewhere, revoked or expired. */

import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { ApiError } from '../server/refusal.js';

const INTERVAL = 60_000; // milliseconds; tabs of one browser tell each other at once
const CHANNEL = 'platform-session';

export namespace SessionWatch {
  export interface IOptions {
    /** Ask the server for something that only who is signed in may see. */
    readonly ask: () => Promise<unknown>;
    /** How to hear of the other tabs of this browser; null for not at all. */
    readonly channel: BroadcastChannel | null;
  }
}

/** The channel on which the tabs of one browser tell each other of a sign-out. */
export function openChannel(): BroadcastChannel {
  return new BroadcastChannel(CHANNEL);
}

export class SessionWatch implements IDisposable {
  constructor(private readonly _options: SessionWatch.IOptions) {
    _options.channel?.addEventListener('message', () => void this.look());
    this._poll = new Poll({
      name: 'platform-labextension:session',
      factory: () => this.look(),
      frequency: { interval: INTERVAL, backoff: false },
      standby: 'when-hidden'
    });
  }

  /** Emitted when the session is found to have ended; again only after a new one was found. */
  get ended(): ISignal<this, void> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    this._poll.dispose();
    this._options.channel?.close();
    Signal.clearData(this);
  }

  /** Tell the other tabs that the session is over. */
  announceEnd(): void {
    this._options.channel?.postMessage('ended');
  }

  /** Ask now. Never rejects: a server that does not answer says nothing about the session. */
  async look(): Promise<void> {
    const isSignedIn = await this._options.ask().then(() => true, isOtherProblem);
    if (!isSignedIn && this._isSignedIn) {
      this._ended.emit();
    }
    this._isSignedIn = isSignedIn;
  }

  private _isSignedIn = true;
  private readonly _ended = new Signal<this, void>(this);
  private readonly _poll: Poll;
}

function isOtherProblem(reason: unknown): boolean {
  return !(reason instanceof ApiError && (reason.status === 401 || reason.status === 403));
}
