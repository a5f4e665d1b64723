/** The projects of the person at the keyboard, kept in step with what the page sees of them. */

import type { Contents } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';

import { projectOfPath } from './paths.js';
import type { IProjects } from './tokens.js';

/** A folder as the contents API lists it. */
export type Listed = Pick<Contents.IModel, 'name' | 'type' | 'last_modified'>;

export namespace Projects {
  export type Listing = readonly Listed[];

  export interface IOptions {
    /** Make a project with that name; resolves with its folder. */
    readonly create: (name: string) => Promise<string>;
    /** List the top of the contents API. */
    readonly list: () => Promise<Listing>;
  }
}

export class Projects implements IProjects {
  constructor(private readonly _options: Projects.IOptions) {}

  get folders(): readonly string[] | null {
    return this._listed?.map(item => item.name) ?? null;
  }

  get preferred(): string | null {
    const listed = this._listed ?? [];
    if (listed.some(item => item.name === this._visited)) {
      return this._visited;
    }
    const newest = [...listed].sort((a, b) => b.last_modified.localeCompare(a.last_modified))[0];
    return newest?.name ?? null;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async create(name: string): Promise<string> {
    const folder = await this._options.create(name);
    this._visited = folder;
    await this.refresh();
    return folder;
  }

  async refresh(): Promise<void> {
    const items = await this._options.list();
    this._listed = items.filter(item => item.type === 'directory');
    this._changed.emit();
  }

  /** Remember that the user has been at that path. */
  visit(path: string): void {
    const project = projectOfPath(path);
    if (project !== '' && project !== this._visited) {
      this._visited = project;
      this._changed.emit();
    }
  }

  private _listed: readonly Listed[] | null = null;
  private _visited: string | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
