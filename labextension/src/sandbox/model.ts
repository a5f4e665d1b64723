/** The sandbox of the project in front, as it is now. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { IEnding } from '../endings/model.js';
import type { ISandbox } from './data.js';

export namespace SandboxModel {
  export interface IOptions {
    /** The sandbox of the project in that folder; null when it never had one. */
    readonly find: (folder: string) => Promise<ISandbox | null>;
    /** The sandbox of that id. */
    readonly get: (id: string) => Promise<ISandbox | null>;
    /** The time in seconds. */
    readonly now: () => number;
  }
}

/** Knows what the sandbox of one project does, and how the one before it ended. */
export class SandboxModel {
  constructor(private readonly _options: SandboxModel.IOptions) {}

  /** The project's folder; `''` when there is none. */
  get folder(): string {
    return this._folder;
  }

  /** Null when the project has none, or that is not known yet. */
  get sandbox(): ISandbox | null {
    return this._sandbox;
  }

  /** How much of its processors it used between the last two looks; null before the second. */
  get cpu(): number | null {
    return this._cpu;
  }

  /** How the project's last sandbox ended, as far as this page knows. */
  get lastEnd(): IEnding | null {
    return this._ends.get(this._folder) ?? null;
  }

  get isAlive(): boolean {
    return this._sandbox?.state === 'running' || this._sandbox?.state === 'starting';
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Show another project's. */
  follow(folder: string): void {
    if (folder !== this._folder) {
      this._folder = folder;
      this._take(null);
      void this.refresh();
    }
  }

  /** Ask the server; what is known stays when it does not answer. Never rejects. */
  async refresh(): Promise<void> {
    const folder = this._folder;
    if (folder === '') {
      return;
    }
    try {
      const found = await this._look(folder);
      if (folder === this._folder) {
        this._take(found);
      }
    } catch (reason) {
      console.debug('The sandbox cannot be asked about', reason);
    }
  }

  /** The one that is known while it lives, else the project's latest. */
  private async _look(folder: string): Promise<ISandbox | null> {
    const known = this.isAlive && this._sandbox ? await this._options.get(this._sandbox.id) : null;
    return known !== null && known.ended === null ? known : this._options.find(folder);
  }

  private _take(sandbox: ISandbox | null): void {
    const at = this._options.now();
    const seconds = sandbox?.usage?.cpuSeconds;
    const before = this._measured;
    if (sandbox === null || seconds === undefined) {
      this._measured = null;
      this._cpu = null;
    } else {
      this._measured = { id: sandbox.id, at, seconds };
      const elapsed = before?.id === sandbox.id ? at - before.at : 0;
      if (before && elapsed > 0) {
        this._cpu = Math.max(0, (seconds - before.seconds) / elapsed / sandbox.limits.cpus);
      }
    }
    if (sandbox?.ended) {
      this._ends.set(this._folder, sandbox.ended);
    }
    this._sandbox = sandbox;
    this._changed.emit();
  }

  private _folder = '';
  private _sandbox: ISandbox | null = null;
  private _cpu: number | null = null;
  private _measured: { readonly id: string; readonly at: number; readonly seconds: number } | null =
    null;
  private readonly _ends = new Map<string, IEnding>();
  private readonly _changed = new Signal<this, void>(this);
}
