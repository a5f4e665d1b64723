/** Says that a save has become a conflict copy, and offers to look at it. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IConflict } from '../projects/tokens.js';
import { nameOf } from './words.js';

export function tellConflict(
  { path, copy }: IConflict,
  deeds: { readonly compare: () => Promise<void>; readonly open: (path: string) => void },
  trans: TranslationBundle
): void {
  const text = trans.__(
    'Somebody else saved “%1” at the same moment. What you have is kept beside it, as “%2”.',
    nameOf(path),
    nameOf(copy)
  );
  const compare = () => {
    deeds.compare().catch((reason: unknown) => {
      console.warn('The conflict copy cannot be compared', reason);
    });
  };
  Notification.warning(text, {
    autoClose: false,
    actions: [
      { label: trans.__('Compare'), callback: compare },
      { label: trans.__('Open the copy'), callback: () => deeds.open(copy) }
    ]
  });
}
