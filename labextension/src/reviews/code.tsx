/** Source text, line by line, each with a button to comment on it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useState, type MouseEvent } from 'react';

import { Honest } from '../history/deceiving.js';
import type { IPart } from './parts.js';

/** More lines than a page shows at once without stumbling. */
const MOST = 2000;

interface IProps {
  readonly part: IPart;
  /** The lines that something is being said about, or that the thread in front is about. */
  readonly marked: { readonly from: number; readonly to: number } | null;
  /** Called with a line; with `isRange` if all lines up to it are meant. */
  readonly onLine: (line: number, isRange: boolean) => void;
  readonly trans: TranslationBundle;
}

export function Code({ part, marked, onLine, trans }: IProps): JSX.Element {
  const [most, setMost] = useState(MOST);
  const choose = (event: MouseEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('.platform-Code-number');
    if (row !== null) {
      onLine(Number(row.dataset.number), event.shiftKey);
    }
  };
  return (
    <div className="platform-Code" onClick={choose}>
      {part.lines.slice(0, most).map((pieces, index) => {
        const number = index + 1;
        const isMarked = marked !== null && number >= marked.from && number <= marked.to;
        return (
          <div
            key={number}
            data-line={number}
            className={`platform-Code-line${isMarked ? ' platform-mod-marked' : ''}`}
          >
            <button
              type="button"
              tabIndex={-1}
              className="platform-Code-number"
              data-number={number}
              aria-label={trans.__('Comment on line %1', number)}
            />
            <code>
              {pieces.map((piece, at) => (
                <span key={at} data-kind={piece.kind.slice(0, 2)}><Honest text={piece.text} /></span>
              ))}
              {'\n'}
            </code>
          </div>
        );
      })}
      {part.lines.length > most && (
        <button type="button" className="platform-Link" onClick={() => setMost(part.lines.length)}>
          {trans.__('Show %1 more lines', part.lines.length - most)}
        </button>
      )}
    </div>
  );
}
