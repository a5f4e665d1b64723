/** Finds the projects that paths of the contents API lie in. */

import { projectOfPath } from './paths.js';
import type { IPlace, IPlaces, IProject } from './tokens.js';

/** Knows the projects; asks again for one that it does not know, and after `forget`. */
export class Places implements IPlaces {
  constructor(private readonly _list: () => Promise<readonly IProject[]>) {}

  async project(path: string): Promise<IProject | null> {
    const folder = projectOfPath(path);
    return folder === '' ? null : this._find(one => one.folder === folder);
  }

  withId(id: string): Promise<IProject | null> {
    return this._find(one => one.id === id);
  }

  all(): Promise<readonly IProject[]> {
    return this._known();
  }

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

  forget(): void {
    this._asked = null;
  }

  private async _find(fits: (one: IProject) => boolean): Promise<IProject | null> {
    const found = (await this._known()).find(fits);
    if (found !== undefined) {
      return found;
    }
    this.forget();
    return (await this._known()).find(fits) ?? null;
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
