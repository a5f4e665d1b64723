/** Where what was saved is: in the project store, or on the server only while that is away. */

import { Signal, type ISignal } from '@lumino/signaling';

import { isRecord, textOf } from '../server/shape.js';

/** The event that the server sends to a project's members when this changes. */
export const STORAGE_EVENT = 'https://events.jupyter.org/platform_server/project_storage/v1';

/** What waits on the server for the project store. */
export interface IStorage {
  /** How many saved states of files wait, of all one's projects. */
  readonly files: number;
  /** Since when the oldest of them does; null when nothing waits. */
  readonly since: Date | null;
}

export const ALL_STORED: IStorage = { files: 0, since: null };

/** Read `GET /api/storage`: `{"stored", "projects": [{…, "waiting": {"files", "bytes", "since"}}]}`. */
export function storageFromAnswer(answer: unknown): IStorage {
  const projects: unknown[] =
    isRecord(answer) && Array.isArray(answer.projects) ? answer.projects : [];
  return projects.map(waitingOf).reduce(joined, ALL_STORED);
}

/** Whether the model of a file that was just saved says that the store has not got it yet. */
export function isOnServerOnly(model: unknown): boolean {
  return isRecord(model) && model.stored === 'server';
}

export namespace StorageModel {
  export interface IOptions {
    /** Ask the server; rejects when there is no answer. */
    readonly ask: () => Promise<IStorage>;
    /** Call back some time later. */
    readonly later: (again: () => void) => void;
  }
}

/** Knows where what was saved is, and asks again and again while something waits. */
export class StorageModel {
  constructor(private readonly _options: StorageModel.IOptions) {}

  get storage(): IStorage {
    return this._storage;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask the server. What is known stays when there is no answer. Never rejects. */
  async refresh(): Promise<void> {
    try {
      this._storage = await this._options.ask();
      this._changed.emit();
    } catch (reason) {
      console.warn('Where saved files are cannot be asked', reason);
    }
    if (this._storage.since !== null && !this._isWaiting) {
      this._isWaiting = true;
      this._options.later(() => {
        this._isWaiting = false;
        void this.refresh();
      });
    }
  }

  private _storage = ALL_STORED;
  private _isWaiting = false;
  private readonly _changed = new Signal<this, void>(this);
}

function waitingOf(project: unknown): IStorage {
  const waiting = isRecord(project) && isRecord(project.waiting) ? project.waiting : {};
  const since = new Date(textOf(waiting, 'since'));
  if (typeof waiting.files !== 'number' || Number.isNaN(since.getTime())) {
    return ALL_STORED;
  }
  return { files: waiting.files, since };
}

function joined(one: IStorage, other: IStorage): IStorage {
  const times = [one.since, other.since].filter(time => time !== null);
  times.sort((a, b) => a.getTime() - b.getTime());
  return { files: one.files + other.files, since: times[0] ?? null };
}
