/** What an admin is asked before something is done, and told afterwards. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { wordsOf } from '../server/words.js';

/** Says something where everybody hears of it. */
export type Say = (text: string) => void;

/** Resolves with whether somebody is sure of what cannot be undone. */
export async function confirmed(title: string, body: string, label: string): Promise<boolean> {
  const buttons = [Dialog.cancelButton(), Dialog.warnButton({ label })];
  return (await showDialog({ title, body, buttons, defaultButton: 0 })).button.accept;
}

/** Say how something went; resolves with whether it was done. */
export async function attempted(
  deed: Promise<unknown>,
  done: string,
  say: Say,
  trans: TranslationBundle
): Promise<boolean> {
  try {
    await deed;
    say(done);
    return true;
  } catch (reason) {
    say(wordsOf(reason, trans));
    return false;
  }
}
