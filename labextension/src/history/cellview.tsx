/** What became of the cells of a notebook. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICellChange, INotebookChange } from './cells.js';
import { hunksAround } from './lines.js';
import { Lines, type Layout } from './lineview.js';
import { Outputs } from './outputview.js';

interface ICellsProps {
  readonly layout: Layout;
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
}

export function Cells({ change, ...props }: ICellsProps & { readonly change: INotebookChange }) {
  const { trans, layout } = props;
  return (
    <>
      {runs(change.cells).map((run, index) =>
        run[0]?.kind === 'same' ? (
          <details key={index} className="platform-Diff-same">
            <summary>{trans._n('%1 unchanged cell', '%1 unchanged cells', run.length)}</summary>
            {run.map((cell, number) => <Cell key={number} change={cell} {...props} />)}
          </details>
        ) : (
          run.map((cell, number) => <Cell key={`${index} ${number}`} change={cell} {...props} />)
        )
      )}
      {change.metadata !== null && (
        <details className="platform-Diff-part">
          <summary>{trans.__('Metadata of the notebook changed')}</summary>
          <Lines hunks={[{ lines: change.metadata }]} layout={layout} trans={trans} />
        </details>
      )}
    </>
  );
}

function Cell({ change, ...props }: ICellsProps & { readonly change: ICellChange }): JSX.Element {
  const { trans, layout } = props;
  const { kind, cell, lines, outputs, metadata } = change;
  const isOneSided = kind === 'added' || kind === 'removed' || kind === 'same';
  const hunks = isOneSided ? [{ lines }] : hunksAround(lines);
  return (
    <section className={`platform-Diff-cell platform-mod-${kind}`} aria-label={cellTitle(change, trans)}>
      <h3>{cellTitle(change, trans)}</h3>
      {hunks.length > 0 && (
        <Lines hunks={hunks} layout={isOneSided ? 'unified' : layout} trans={trans} />
      )}
      {cell.source === '' && isOneSided && <p className="platform-Note">{trans.__('Empty')}</p>}
      {outputs !== null && (
        <details className="platform-Diff-part" open={kind === 'changed' && hunks.length === 0}>
          <summary>{outputsTitle(kind, trans)}</summary>
          <OutputPair {...props} old={outputs.old} current={outputs.new} kind={kind} />
        </details>
      )}
      {metadata !== null && (
        <details className="platform-Diff-part">
          <summary>{trans.__('Metadata changed')}</summary>
          <Lines hunks={[{ lines: metadata }]} layout={layout} trans={trans} />
        </details>
      )}
    </section>
  );
}

function OutputPair(
  props: ICellsProps & {
    readonly old: ICellChange['cell']['outputs'];
    readonly current: ICellChange['cell']['outputs'];
    readonly kind: ICellChange['kind'];
  }
): JSX.Element {
  const { old, current, kind, rendermime, trans } = props;
  const sides = [
    { name: trans.__('Before'), outputs: old, isShown: kind !== 'added' },
    { name: trans.__('After'), outputs: current, isShown: kind !== 'removed' }
  ];
  return (
    <div className="platform-Diff-outputs">
      {sides.filter(side => side.isShown).map(side => (
        <div key={side.name}>
          <h4>{side.name}</h4>
          {side.outputs.length === 0 && <p className="platform-Note">{trans.__('No output')}</p>}
          <Outputs outputs={side.outputs} rendermime={rendermime} trans={trans} />
        </div>
      ))}
    </div>
  );
}

function cellTitle({ kind, cell }: ICellChange, trans: TranslationBundle): string {
  const types = {
    code: trans.__('Code cell'),
    markdown: trans.__('Markdown cell'),
    raw: trans.__('Raw cell')
  };
  const kinds = {
    same: trans.__('unchanged'),
    changed: trans.__('changed'),
    added: trans.__('added'),
    removed: trans.__('removed')
  };
  return `${types[cell.type]} ${kinds[kind]}`;
}

function outputsTitle(kind: ICellChange['kind'], trans: TranslationBundle): string {
  return kind === 'changed' ? trans.__('Outputs changed') : trans.__('Outputs');
}

/** Cells in runs of unchanged and of other ones. */
export function runs(cells: readonly ICellChange[]): ICellChange[][] {
  const found: ICellChange[][] = [];
  for (const cell of cells) {
    const last = found.at(-1);
    if (last !== undefined && (last[0]?.kind === 'same') === (cell.kind === 'same')) {
      last.push(cell);
    } else {
      found.push([cell]);
    }
  }
  return found;
}
