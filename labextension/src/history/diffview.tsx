/** What is different between two states of a file, in the main area. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useRef, useState, type ReactNode, type RefObject } from 'react';

import { wordsOf } from '../server/words.js';
import { notebookChange, notebookFrom, type INotebookChange } from './cells.js';
import { Cells } from './cellview.js';
import type { IDifference, IRevision } from './data.js';
import { Lines, type Layout } from './lineview.js';
import { hunksFromUnified, tallyOf, type IHunk } from './lines.js';
import { authorText, nameOf, originText, shortTime } from './words.js';

/** The two states, and what lies between them. */
export interface IComparison {
  readonly path: string;
  readonly old: IRevision;
  /** Null for what is there. */
  readonly current: IRevision | null;
  readonly difference: IDifference;
  /** The texts of two notebooks; null for other files. */
  readonly notebooks: { readonly old: string; readonly current: string } | null;
}

export namespace DiffView {
  export interface IOptions {
    readonly load: () => Promise<IComparison>;
    readonly rendermime: IRenderMimeRegistry;
    readonly trans: TranslationBundle;
  }
}

/** Loads a comparison when it is made, and again when it is told to. */
export class DiffView extends ReactWidget {
  constructor(private readonly _options: DiffView.IOptions) {
    super();
    this.addClass('platform-Past');
    this.addClass('platform-Diff');
    this.node.tabIndex = 0;
    this.reload();
  }

  reload(): void {
    const { load, trans } = this._options;
    load().then(
      comparison => this._show({ comparison, problem: '' }),
      (reason: unknown) => this._show({ comparison: null, problem: wordsOf(reason, trans) })
    );
  }

  protected override render(): JSX.Element {
    const { comparison, problem } = this._loaded;
    const { trans, rendermime } = this._options;
    if (comparison === null) {
      const text = problem === '' ? trans.__('Comparing…') : problem;
      return <p className="platform-Note" role="status">{text}</p>;
    }
    return <Comparison comparison={comparison} trans={trans} rendermime={rendermime} />;
  }

  private _show(loaded: { comparison: IComparison | null; problem: string }): void {
    this._loaded = loaded;
    if (!this.isDisposed) {
      this.update();
    }
  }

  private _loaded: { comparison: IComparison | null; problem: string } = {
    comparison: null,
    problem: ''
  };
}

interface IProps {
  readonly comparison: IComparison;
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
}

// What the user chose last holds for the next comparison.
let preferred: Layout = 'split';

function Comparison({ comparison, rendermime, trans }: IProps): JSX.Element {
  const [layout, setLayout] = useState(preferred);
  const body = useRef<HTMLDivElement>(null);
  const choose = (chosen: Layout) => {
    preferred = chosen;
    setLayout(chosen);
  };
  const change = changeOf(comparison);
  const hunks = change === null ? hunksFromUnified(comparison.difference.unified) : [];
  return (
    <>
      <Head comparison={comparison} hunks={change?.hunks ?? hunks} trans={trans}>
        <Layouts layout={layout} onChoose={choose} trans={trans} />
        <Steps body={body} trans={trans} />
      </Head>
      <div ref={body}>
        <Verdict comparison={comparison} trans={trans} />
        {change === null
          ? hunks.length > 0 && <Lines hunks={hunks} layout={layout} trans={trans} />
          : <Cells change={change.change} layout={layout} rendermime={rendermime} trans={trans} />}
      </div>
    </>
  );
}

/** Read a notebook's change; null where the comparison is not one of notebooks. */
function changeOf({
  notebooks,
  difference
}: IComparison): { readonly change: INotebookChange; readonly hunks: readonly IHunk[] } | null {
  if (difference.kind !== 'notebook' || notebooks === null) {
    return null;
  }
  const old = notebookFrom(notebooks.old);
  const current = notebookFrom(notebooks.current);
  if (old === null || current === null) {
    return null;
  }
  const change = notebookChange(old, current, difference.notebook);
  return { change, hunks: change.cells.map(({ lines }) => ({ lines })) };
}

function Head(props: {
  readonly comparison: IComparison;
  readonly hunks: readonly IHunk[];
  readonly trans: TranslationBundle;
  readonly children: ReactNode;
}): JSX.Element {
  const { comparison, hunks, trans, children } = props;
  const { added, removed } = tallyOf(hunks);
  return (
    <header className="platform-Past-head">
      <div>
        <h2>{nameOf(comparison.path)}</h2>
        <p>
          <span className="platform-Tally platform-mod-removed">−{removed}</span>{' '}
          <span className="platform-Tally platform-mod-added">+{added}</span>{' '}
          {trans._n('%1 line differs', '%1 lines differ', added + removed)}
        </p>
      </div>
      <dl>
        <dt>{trans.__('Before')}</dt>
        <dd>{stateText(comparison.old, trans)}</dd>
        <dt>{trans.__('After')}</dt>
        <dd>{stateText(comparison.current, trans)}</dd>
      </dl>
      <div className="platform-Past-tools">{children}</div>
    </header>
  );
}

export function stateText(revision: IRevision | null, trans: TranslationBundle): string {
  if (revision === null) {
    return trans.__('As it is now');
  }
  const words = [shortTime(revision.at), authorText(revision, trans)];
  return [...words, originText(revision.origin, trans)].join(' · ');
}

function Layouts(props: {
  readonly layout: Layout;
  readonly onChoose: (layout: Layout) => void;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { layout, onChoose, trans } = props;
  const labels: Record<Layout, string> = {
    split: trans.__('Side by side'),
    unified: trans.__('One below the other')
  };
  return (
    <div role="group" aria-label={trans.__('Layout')} className="platform-Switch">
      {(['split', 'unified'] as const).map(one => (
        <button key={one} type="button" aria-pressed={one === layout} onClick={() => onChoose(one)}>
          {labels[one]}
        </button>
      ))}
    </div>
  );
}

/** Buttons that lead from one change to the next. */
function Steps(props: {
  readonly body: RefObject<HTMLElement>;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { body, trans } = props;
  const step = (by: 1 | -1) => {
    const node = body.current;
    const scroller = node?.closest('.platform-Past');
    if (node && scroller) {
      const top = scroller.getBoundingClientRect().top + (scroller.querySelector('header')?.offsetHeight ?? 0);
      const tops = changeTops(node).map(one => one - top - 12);
      const wanted = by > 0 ? tops.find(one => one > 4) : tops.reverse().find(one => one < -4);
      scroller.scrollBy({ top: wanted ?? 0 });
    }
  };
  return (
    <div className="platform-Switch">
      <button type="button" onClick={() => step(-1)} aria-label={trans.__('Previous change')}>
        ↑
      </button>
      <button type="button" onClick={() => step(1)} aria-label={trans.__('Next change')}>
        ↓
      </button>
    </div>
  );
}

/** Where on the screen runs of changed lines begin. */
function changeTops(node: HTMLElement): number[] {
  const rows = [...node.querySelectorAll('tr')];
  const isChanged = (row: Element | undefined) =>
    row?.querySelector('.platform-Lines-sign:is(.platform-mod-added, .platform-mod-removed)') != null;
  return rows
    .filter((row, index) => isChanged(row) && !isChanged(rows[index - 1]))
    .map(row => row.getBoundingClientRect().top);
}

function Verdict({ comparison, trans }: Omit<IProps, 'rendermime'>): JSX.Element | null {
  const { kind, isCoarse } = comparison.difference;
  const texts: Record<IDifference['kind'], string> = {
    same: trans.__('There is no difference: both have the same bytes.'),
    text: '',
    notebook: '',
    binary: trans.__('These are not texts, so all that can be said is that they differ.'),
    'too large': trans.__('The file is too large to be compared. Both states can be downloaded.')
  };
  const coarse = trans.__(
    'Comparing exactly would have taken too long: all between the first and the last difference is shown as changed.'
  );
  const text = isCoarse ? coarse : texts[kind];
  return text === '' ? null : <p className="platform-Note" role="status">{text}</p>;
}
