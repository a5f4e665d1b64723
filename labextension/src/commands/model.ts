/** What the panel shows: the command lines of one project that have some words in them. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { IProject } from '../projects/tokens.js';
import { NOTHING, type IPage } from './data.js';

export namespace CommandsModel {
  export interface IOptions {
    readonly search: (project: string, words: string, before: string | null) => Promise<IPage>;
    readonly forget: (project: string, id: string) => Promise<void>;
    readonly forgetAll: (project: string) => Promise<void>;
    /** What went wrong, for the user. */
    readonly words: (reason: unknown) => string;
  }
}

/** Asks the server when the project or the words change, and when `refresh` is called. */
export class CommandsModel {
  constructor(private readonly _options: CommandsModel.IOptions) {}

  /** The project; null when there is none in front. */
  get project(): IProject | null {
    return this._project;
  }

  get words(): string {
    return this._words;
  }

  get page(): IPage {
    return this._page;
  }

  /** Whether the server was asked, and has answered since the project or the words changed. */
  get isKnown(): boolean {
    return this._isKnown;
  }

  get problem(): string {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Show another project's. */
  async follow(project: IProject | null): Promise<void> {
    if (project?.id !== this._project?.id) {
      this._project = project;
      this._forgetPage();
      await this.refresh();
    }
  }

  /** Show those with these words only. */
  async look(words: string): Promise<void> {
    if (words !== this._words) {
      this._words = words;
      this._isKnown = false;
      await this.refresh();
    }
  }

  /** Ask the server again. Never rejects. */
  async refresh(): Promise<void> {
    await this._ask(null);
  }

  /** Ask for older ones, too. Never rejects. */
  async more(): Promise<void> {
    await this._ask(this._page.commands.at(-1)?.id ?? null);
  }

  /** Forget one. Never rejects. */
  async forget(id: string): Promise<void> {
    await this._do(project => this._options.forget(project, id));
  }

  /** Forget all of the project's. Never rejects. */
  async forgetAll(): Promise<void> {
    await this._do(project => this._options.forgetAll(project));
  }

  private async _do(what: (project: string) => Promise<void>): Promise<void> {
    if (this._project !== null) {
      try {
        await what(this._project.id);
      } catch (reason) {
        this._problem = this._options.words(reason);
        this._changed.emit();
        return;
      }
      await this.refresh();
    }
  }

  private async _ask(before: string | null): Promise<void> {
    const turn = ++this._turn;
    if (this._project === null) {
      this._changed.emit();
      return;
    }
    const ask = this._options.search(this._project.id, this._words, before);
    const found = await ask.catch((reason: unknown) => this._options.words(reason));
    if (turn !== this._turn) {
      return; // somebody has asked for something else meanwhile
    }
    if (typeof found === 'string') {
      this._problem = found;
    } else {
      const earlier = before === null ? [] : this._page.commands;
      this._page = { commands: [...earlier, ...found.commands], more: found.more };
      this._problem = '';
      this._isKnown = true;
    }
    this._changed.emit();
  }

  private _forgetPage(): void {
    this._page = NOTHING;
    this._isKnown = false;
    this._problem = '';
  }

  private _project: IProject | null = null;
  private _words = '';
  private _page = NOTHING;
  private _isKnown = false;
  private _problem = '';
  private _turn = 0;
  private readonly _changed = new Signal<this, void>(this);
}
