/** What the states of submissions and threads are called. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IThread, State } from './data.js';

export function stateText(state: State, trans: TranslationBundle): string {
  const texts: Record<State, string> = {
    submitted: trans.__('Waits for a reviewer'),
    in_review: trans.__('In review'),
    changes_requested: trans.__('Changes requested'),
    approved: trans.__('Approved'),
    withdrawn: trans.__('Withdrawn')
  };
  return texts[state];
}

/** Where a thread is, in words. */
export function placeText(thread: IThread, trans: TranslationBundle): string {
  const anchor = (thread.now ?? thread).anchor;
  if (anchor.output !== null) {
    return trans.__('Output %1', anchor.output + 1);
  }
  if (anchor.line !== null) {
    return anchor.endLine === null || anchor.endLine === anchor.line
      ? trans.__('Line %1', anchor.line)
      : trans.__('Lines %1 to %2', anchor.line, anchor.endLine);
  }
  if (anchor.cellId !== null) {
    return trans.__('Cell');
  }
  return thread.path === null ? trans.__('The whole submission') : trans.__('The whole file');
}

/** What became of a thread's place, "" where nothing did. */
export function fateText(thread: IThread, trans: TranslationBundle): string {
  switch (thread.now?.fate) {
    case 'moved':
      return trans.__('moved since');
    case 'changed':
      return trans.__('changed since');
    case 'outdated':
      return trans.__('not there any more');
    default:
      return '';
  }
}
