/** Finds the projects that paths of the contents API lie in. */

import { projectOfPath } from '../projects/paths.js';
import type { IPlace, IProject } from './data.js';

/** Knows the projects; asks again for one that it does not know, and after `forget`. */
export class Places {
  constructor(private readonly _list: () => Promise<readonly IProject[]>) {}

  /** The project in whose folder the path lies; null when there is none. */
  async project(path: string): Promise<IProject | null> {
    const folder = projectOfPath(path);
    if (folder === '') {
      return null;
    }
    const known = await this._known();
    const found = known.find(one => one.folder === folder);
    if (found !== undefined) {
      return found;
    }
    this.forget();
    return (await this._known()).find(one => one.folder === folder) ?? null;
  }

  /** What the path names within its project; null when it lies in none that is known. */
  async place(path: string): Promise<IPlace | null> {
    const project = await this.project(path);
    if (project === null) {
      return null;
    }
    const parts = path.split('/').filter(part => part !== '');
    return {
      projectId: project.id,
      folder: project.folder,
      path: parts.slice(1).join('/'),
      mayWrite: project.role !== 'viewer',
      isOwner: project.role === 'owner'
    };
  }

  /** Ask the server again when the next path is looked for. */
  forget(): void {
    this._asked = null;
  }

  private _known(): Promise<readonly IProject[]> {
    if (this._asked === null) {
      const asked = this._list();
      asked.catch(() => this.forget());
      this._asked = asked;
    }
    return this._asked;
  }

  private _asked: Promise<readonly IProject[]> | null = null;
}
