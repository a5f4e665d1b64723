/** Lines of a comparison as a table: one column of text, or the two sides beside each other. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Fragment } from 'react';

import { Honest } from './deceiving.js';
import type { IHunk, ILine } from './lines.js';

export type Layout = 'unified' | 'split';

const SIGNS: Record<ILine['kind'], string> = { same: '\u00a0', removed: '−', added: '+' };
const COLUMNS: Record<Layout, readonly string[]> = {
  unified: ['number', 'number', 'sign', 'text'],
  split: ['number', 'sign', 'text', 'number', 'sign', 'text']
};
/** More lines than anybody reads; a table of more makes the page slow. */
const MOST = 4000;

export interface ILinesProps {
  readonly hunks: readonly IHunk[];
  readonly layout: Layout;
  readonly trans: TranslationBundle;
}

export function Lines({ hunks, layout, trans }: ILinesProps): JSX.Element {
  const { shown, left } = cut(hunks);
  return (
    <div className="platform-Lines-scroll">
      <table className={`platform-Lines platform-mod-${layout}`}>
        <colgroup>
          {COLUMNS[layout].map((name, index) => <col key={index} className={`platform-Lines-${name}`} />)}
        </colgroup>
        <tbody>
          {shown.map((hunk, index) => (
            <Fragment key={index}>
              {(index > 0 || startsLate(hunk)) && (
                <tr className="platform-Lines-gap" aria-hidden="true">
                  <td colSpan={COLUMNS[layout].length}>⋯</td>
                </tr>
              )}
              {layout === 'unified' ? <Unified hunk={hunk} /> : <Split hunk={hunk} />}
            </Fragment>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className="platform-Note">{trans.__('%1 more lines are not shown.', left)}</p>}
    </div>
  );
}

function Unified({ hunk }: { readonly hunk: IHunk }): JSX.Element {
  return (
    <>
      {hunk.lines.map((line, index) => (
        <tr key={index} className={`platform-mod-${line.kind}`}>
          <Number value={line.old} />
          <Number value={line.new} />
          <Sign line={line} />
          <Text line={line} />
        </tr>
      ))}
    </>
  );
}

function Split({ hunk }: { readonly hunk: IHunk }): JSX.Element {
  return (
    <>
      {sideBySide(hunk.lines).map(([left, right], index) => (
        <tr key={index}>
          <Number value={left?.old ?? null} />
          <Sign line={left} />
          <Text line={left} />
          <Number value={right?.new ?? null} />
          <Sign line={right} />
          <Text line={right} />
        </tr>
      ))}
    </>
  );
}

function Number({ value }: { readonly value: number | null }): JSX.Element {
  return <td className="platform-Lines-number" data-number={value ?? ''} />;
}

function Sign({ line }: { readonly line: ILine | null }): JSX.Element {
  const kind = line?.kind ?? 'none';
  return <td className={`platform-Lines-sign platform-mod-${kind}`}>{line && SIGNS[line.kind]}</td>;
}

function Text({ line }: { readonly line: ILine | null }): JSX.Element {
  const kind = line?.kind ?? 'none';
  return (
    <td className={`platform-Lines-text platform-mod-${kind}`}>
      {line?.pieces.map((piece, index) =>
        piece.isChanged ? (
          <mark key={index}><Honest text={piece.text} /></mark>
        ) : (
          <span key={index}><Honest text={piece.text} /></span>
        )
      )}
    </td>
  );
}

/** Pair what went with what came in its place. */
function sideBySide(lines: readonly ILine[]): [ILine | null, ILine | null][] {
  const pairs: [ILine | null, ILine | null][] = [];
  let removed: ILine[] = [];
  let added: ILine[] = [];
  const flush = () => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1) {
      pairs.push([removed[index] ?? null, added[index] ?? null]);
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'same') {
      flush();
      pairs.push([line, line]);
    } else {
      (line.kind === 'removed' ? removed : added).push(line);
    }
  }
  flush();
  return pairs;
}

function startsLate(hunk: IHunk): boolean {
  const first = hunk.lines[0];
  return (first?.old ?? first?.new ?? 1) > 1;
}

function cut(hunks: readonly IHunk[]): { shown: IHunk[]; left: number } {
  let left = MOST;
  const shown: IHunk[] = [];
  for (const hunk of hunks) {
    if (left > 0) {
      shown.push({ lines: hunk.lines.slice(0, left) });
    }
    left -= hunk.lines.length;
  }
  return { shown, left: Math.max(-left, 0) };
}
