/** Comments that a reviewer uses again and again. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { ISavedComment } from './data.js';
import type { ReviewApi } from './restapi.js';

const LONGEST_TITLE = 60; // characters

type Api = Pick<ReviewApi, 'savedComments' | 'saveComment' | 'dropComment'>;

/** The reader's own; asked for when somebody looks. */
export class SavedComments {
  constructor(private readonly _api: Api) {}

  /** By title; null until somebody looked. */
  get all(): readonly ISavedComment[] | null {
    return this._all;
  }

  /** What went wrong last, "" if nothing did. */
  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  refresh(): Promise<void> {
    return this._do(() => Promise.resolve());
  }

  /** Keep a text, by the name of its first line. */
  save(body: string): Promise<void> {
    return this._do(() => this._api.saveComment(titleOf(body), body));
  }

  drop(id: string): Promise<void> {
    return this._do(() => this._api.dropComment(id));
  }

  private async _do(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this._all = await this._api.savedComments();
      this._problem = '';
    } catch (reason) {
      this._problem = reason instanceof Error ? reason.message : String(reason);
    }
    this._changed.emit();
  }

  private _all: readonly ISavedComment[] | null = null;
  private _problem = '';
  private readonly _changed = new Signal<this, void>(this);
}

/** What a text is called in the list. */
export function titleOf(body: string): string {
  const [line = ''] = body.trim().split('\n');
  const characters = [...line.trim()];
  return characters.length <= LONGEST_TITLE
    ? characters.join('')
    : `${characters.slice(0, LONGEST_TITLE - 1).join('')}…`;
}

/** A text with another one in the place of what is selected, apart from words beside it. */
export function inserted(text: string, more: string, from: number, to: number): string {
  const [before, after] = [text.slice(0, from), text.slice(to)];
  const gap = (beside: string) => (beside === '' || /^\s|\s$/.test(beside) ? '' : ' ');
  return `${before}${gap(before.slice(-1))}${more}${gap(after.slice(0, 1))}${after}`;
}
