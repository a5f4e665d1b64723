/** What a suggestion would change. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { hunksFromUnified } from '../history/lines.js';
import { Lines } from '../history/lineview.js';

export function Suggestion(props: {
  readonly before: string;
  readonly after: string;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { before, after, trans } = props;
  return (
    <div className="platform-Suggestion platform-Past" aria-label={trans.__('What would change')}>
      {before === after ? (
        <p className="platform-Note">{trans.__('Nothing would change yet.')}</p>
      ) : (
        <Lines hunks={hunksFromUnified(unified(before, after))} layout="unified" trans={trans} />
      )}
    </div>
  );
}

/** All of one text in the place of another, in the unified form. */
export function unified(before: string, after: string): string {
  const lines = (text: string, mark: string) => text.split('\n').map(line => `${mark}${line}`);
  return ['@@ -1 +1 @@', ...lines(before, '-'), ...(after === '' ? [] : lines(after, '+'))].join('\n');
}
