/** How much of its quota a project uses. */

import { Signal, type ISignal } from '@lumino/signaling';

import { isRecord } from '../server/shape.js';

/** From which share on one is warned. */
export const NEARLY_FULL = 0.9;

/** How much a project has, and may have. Earlier states of files do not count. */
export interface IUsage {
  readonly bytes: number;
  readonly files: number;
  readonly most: { readonly bytes: number; readonly files: number };
  /** What code wrote and for which there is no room: it is in the sandbox only. */
  readonly notKept: { readonly files: number; readonly bytes: number; readonly paths: readonly string[] };
}

export type Level = 'fine' | 'nearly full' | 'full';

/** Read the usage in a project's model; null when there is none. */
export function usageFrom(project: unknown): IUsage | null {
  const usage = isRecord(project) && isRecord(project.usage) ? project.usage : null;
  if (usage === null || !isRecord(usage.limits)) {
    return null;
  }
  const left = isRecord(usage.not_kept) ? usage.not_kept : {};
  return {
    bytes: numberFrom(usage.bytes),
    files: numberFrom(usage.files),
    most: { bytes: numberFrom(usage.limits.bytes), files: numberFrom(usage.limits.files) },
    notKept: {
      files: numberFrom(left.files),
      bytes: numberFrom(left.bytes),
      paths: Array.isArray(left.paths) ? left.paths.filter(one => typeof one === 'string') : []
    }
  };
}

/** The larger of the two shares that are used; a limit of zero is none. */
export function shareOf({ bytes, files, most }: IUsage): number {
  return Math.max(most.bytes > 0 ? bytes / most.bytes : 0, most.files > 0 ? files / most.files : 0);
}

export function levelOf(usage: IUsage): Level {
  const share = shareOf(usage);
  if (share >= 1 || usage.notKept.files > 0) {
    return 'full';
  }
  return share >= NEARLY_FULL ? 'nearly full' : 'fine';
}

/** The usage of the project in front. `rose` is emitted when a project gets fuller than it was. */
export class QuotaModel {
  constructor(private readonly _ask: (path: string) => Promise<IUsage | null>) {}

  get usage(): IUsage | null {
    return this._usage;
  }

  /** The project's folder. */
  get folder(): string {
    return this._folder;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get rose(): ISignal<this, IUsage> {
    return this._rose;
  }

  follow(folder: string): void {
    if (folder !== this._folder) {
      this._folder = folder;
      this._usage = null;
      this._changed.emit();
      void this.refresh();
    }
  }

  /** Ask the server; what is shown stays when it does not answer. */
  async refresh(): Promise<void> {
    const folder = this._folder;
    if (folder === '') {
      return;
    }
    const usage = await this._ask(folder).catch(() => null);
    if (folder !== this._folder || usage === null) {
      return;
    }
    this._usage = usage;
    const level = levelOf(usage);
    const before = this._told.get(folder) ?? 'fine';
    this._told.set(folder, level);
    if (LEVELS.indexOf(level) > LEVELS.indexOf(before)) {
      this._rose.emit(usage);
    }
    this._changed.emit();
  }

  private _usage: IUsage | null = null;
  private _folder = '';
  private readonly _told = new Map<string, Level>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _rose = new Signal<this, IUsage>(this);
}

const LEVELS: readonly Level[] = ['fine', 'nearly full', 'full'];

function numberFrom(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
