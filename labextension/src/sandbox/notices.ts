/** Which notices of the server become a message on the page, and when it goes away. No DOM. */

import { isStop } from '../endings/model.js';
import type { INotice } from './data.js';

/** What a message can offer. */
export type Offer = 'details' | 'keep' | 'resume';

/** A message to show. */
export interface IMessage {
  readonly notice: INotice;
  /** Milliseconds after which it goes away by itself; false: never. */
  readonly autoClose: number | false;
  readonly offers: readonly Offer[];
}

const A_WHILE = 30_000; // milliseconds

export namespace NoticeTeller {
  export interface IOptions {
    /** Show a message; returns what `dismiss` takes. */
    readonly show: (message: IMessage) => string;
    readonly dismiss: (id: string) => void;
    /** Save what is open of a project, as its kernels will end. */
    readonly save: (projectId: string) => void;
  }
}

/** Shows each thing once; the warning that a sandbox will stop goes away when that is over. */
export class NoticeTeller {
  constructor(private readonly _options: NoticeTeller.IOptions) {}

  /** Take a notice as it comes. */
  take(notice: INotice): void {
    switch (notice.kind) {
      case 'memory':
      case 'processes':
      case 'disk':
        this._show(notice, A_WHILE, ['details']);
        break;
      case 'out_of_memory':
        this._show(notice, false, ['details']);
        break;
      case 'idle':
        this._warn(notice, ['keep']);
        break;
      case 'expiry':
        this._warn(notice, []);
        break;
      case 'in_use':
        this._forget(notice.sandboxId);
        break;
      case 'ended':
        this._forget(notice.sandboxId);
        this._takeEnd(notice);
        break;
    }
  }

  /** Take it that an end was told to the user in another way. */
  noteTold(at: string): void {
    this._told.add(at);
  }

  private _takeEnd(notice: INotice): void {
    const { ended } = notice;
    if (ended !== null && ended.cause !== 'user' && !this._told.has(ended.at)) {
      this._told.add(ended.at);
      this._show(notice, false, isStop(ended) ? ['resume'] : []);
    }
  }

  private _warn(notice: INotice, offers: readonly Offer[]): void {
    this._forget(notice.sandboxId);
    this._options.save(notice.projectId);
    this._warnings.set(notice.sandboxId, this._show(notice, false, offers));
  }

  private _forget(sandboxId: string): void {
    const warning = this._warnings.get(sandboxId);
    if (warning !== undefined) {
      this._warnings.delete(sandboxId);
      this._options.dismiss(warning);
    }
  }

  private _show(notice: INotice, autoClose: number | false, offers: readonly Offer[]): string {
    return this._options.show({ notice, autoClose, offers });
  }

  private readonly _told = new Set<string>();
  private readonly _warnings = new Map<string, string>();
}
