/** The gate that everything new passes, so that nothing is put where no project is. */

import { projectOfPath } from './paths.js';
import type { IProjectGate } from './tokens.js';

export class ProjectGate implements IProjectGate {
  chooser: (() => Promise<string>) | null = null;

  async locate(path: string): Promise<string> {
    if (projectOfPath(path) !== '' || this.chooser === null) {
      return path;
    }
    // One question for many askers: a double click is not two projects.
    this._asking ??= this.chooser().finally(() => (this._asking = null));
    return this._asking;
  }

  private _asking: Promise<string> | null = null;
}
