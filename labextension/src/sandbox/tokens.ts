/** What other features may ask about sandboxes. */

import { Token } from '@lumino/coreutils';

import type { IEnding } from '../endings/model.js';

/** Brings back what a stopped sandbox ran. */
export interface ISandboxResume {
  /** Say why the sandbox of the project in that folder was stopped, and offer to start it again. */
  offer(folder: string, ending: IEnding): Promise<void>;

  /** Take it that the user knows of the end already. */
  noteTold(ending: IEnding): void;
}

export const ISandboxResume = new Token<ISandboxResume>(
  'platform-labextension:ISandboxResume',
  'Brings back what a stopped sandbox ran.'
);
