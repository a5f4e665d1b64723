/** What is said about the editing of rubrics. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { honest } from '../history/deceiving.js';
import type { Problem } from './draft.js';
import type { IDone } from './rubric.js';

export function problemText(problem: Problem, trans: TranslationBundle): string {
  const texts: Record<Problem, string> = {
    'no title': trans.__('Give it a title.'),
    'no number': trans.__('Write a number, 0 or more.'),
    'too many': trans.__('At most 10000 points.'),
    beyond: trans.__('More than the criterion has.'),
    twice: trans.__('Another level has as many points.')
  };
  return texts[problem];
}

export function doneText(done: IDone | null, trans: TranslationBundle): string {
  if (done === null) {
    return '';
  }
  const title = done.title === '' ? trans.__('What had no title') : `“${honest(done.title)}”`;
  switch (done.what) {
    case 'moved':
      return trans.__('%1 is number %2 now.', title, done.place);
    case 'removed':
      return trans.__('%1 was removed.', title);
    case 'restored':
      return trans.__('%1 is back.', title);
  }
}
