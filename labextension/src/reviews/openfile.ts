/** The file of a submission that is in front: all of it, or what has changed in it. */

import { comparisonOf, type IComparison } from './comparing.js';
import type { IShown } from './parts.js';
import type { ReviewApi } from './restapi.js';

/** How a file is shown. */
export type Mode = 'document' | 'changes';

/** Keeps what was asked for last, whichever answer comes first. */
export class OpenFile {
  constructor(
    private readonly _api: ReviewApi,
    private readonly _id: string
  ) {}

  get path(): string | null {
    return this._path;
  }

  get mode(): Mode {
    return this._mode;
  }

  /** The file in parts. */
  get shown(): IShown | null {
    return this._shown;
  }

  /** What has changed; null where that is not shown. */
  get comparison(): IComparison | null {
    return this._comparison;
  }

  /** What is to be shown as soon as the server has answered. */
  get wanted(): { readonly path: string | null; readonly mode: Mode } {
    return this._wanted;
  }

  /** Show a file; resolves with whether it is shown, and not something else by now. */
  async open(
    path: string,
    mode: Mode,
    rounds: { readonly against: number; readonly round: number }
  ): Promise<boolean> {
    this._wanted = { path, mode };
    this._ticket += 1;
    const ticket = this._ticket;
    const isCompared = mode === 'changes' && rounds.against > 0;
    const [shown, comparison] = await Promise.all([
      this._api.shown(this._id, rounds.round, path),
      isCompared ? comparisonOf(this._api, this._id, path, rounds) : null
    ]);
    if (ticket !== this._ticket) {
      return false;
    }
    this._path = path;
    this._mode = mode;
    this._shown = shown;
    this._comparison = comparison;
    return true;
  }

  private _path: string | null = null;
  private _mode: Mode = 'document';
  private _shown: IShown | null = null;
  private _comparison: IComparison | null = null;
  private _wanted: { readonly path: string | null; readonly mode: Mode } = {
    path: null,
    mode: 'document'
  };
  private _ticket = 0;
}
