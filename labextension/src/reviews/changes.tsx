/** What became of a submitted file since an earlier round. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { MouseEvent } from 'react';

import type { ICell, ICellChange } from '../history/cells.js';
import { runs } from '../history/cellview.js';
import { isDeceiving } from '../history/deceiving.js';
import { hunksAround, hunksFromUnified, textOfLine, type ILine } from '../history/lines.js';
import { Lines } from '../history/lineview.js';
import type { IComparison } from './comparing.js';
import { Doubts, General, Label, threadsBeside, type IProps } from './document.js';
import { Frame } from './frame.js';
import type { IPart, IShown } from './parts.js';
import { targetOf } from './places.js';
import { Row } from './row.js';
import { doubtText, partText } from './words.js';

export function Changes({ model, trans }: IProps): JSX.Element | null {
  const { comparison, shown } = model;
  if (comparison === null || shown === null) {
    return null;
  }
  const { difference, notebook } = comparison;
  if (difference.kind === 'same') {
    return (
      <>
        <p className="platform-Note" role="status">{trans.__('This file has not changed.')}</p>
        <General model={model} trans={trans} />
      </>
    );
  }
  return (
    <div className="platform-Past platform-Diff">
      {difference.isCoarse && (
        <p className="platform-Note" role="status">
          {trans.__(
            'Comparing exactly would have taken too long: all between the first and the last difference is shown as changed.'
          )}
        </p>
      )}
      <General model={model} trans={trans} />
      {notebook === null ? (
        <WholeFile model={model} trans={trans} comparison={comparison} shown={shown} />
      ) : (
        <>
          {runs(notebook.cells).map((run, index) =>
            run[0]?.kind === 'same' ? (
              <Unchanged key={index} run={run} model={model} trans={trans} />
            ) : (
              run.map((one, number) => (
                <Cell key={`${index} ${number}`} change={one} model={model} trans={trans} />
              ))
            )
          )}
          {notebook.metadata !== null && (
            <Metadata lines={notebook.metadata} trans={trans}>
              {trans.__('Metadata of the notebook changed')}
            </Metadata>
          )}
        </>
      )}
    </div>
  );
}

/** Cells that are as they were, folded; those with threads are shown. */
function Unchanged({ run, model, trans }: IProps & { readonly run: readonly ICellChange[] }) {
  const parts = run.flatMap(one => partFor(one.cell, model.shown) ?? []);
  const said = parts.filter(one => threadsBeside(model, one).length > 0 || isComposed(model, one));
  return (
    <>
      <p className="platform-Note">
        {trans._n('%1 unchanged cell', '%1 unchanged cells', run.length)}
      </p>
      {said.map(part => (
        <Row
          key={part.index}
          model={model}
          trans={trans}
          part={part}
          title={partText(part, trans)}
          threads={threadsBeside(model, part)}
        >
          <h2 className="platform-Change-title">{trans.__('%1, unchanged', partText(part, trans))}</h2>
        </Row>
      ))}
    </>
  );
}

function isComposed({ target }: IProps['model'], part: IPart): boolean {
  return target !== null && part.cellId !== null && target.cellId === part.cellId;
}

function Cell({ change, model, trans }: IProps & { readonly change: ICellChange }): JSX.Element {
  const { kind, cell, lines, outputs, metadata } = change;
  const { shown, comparison } = model;
  const part = kind === 'removed' ? null : partFor(cell, shown);
  const hunks = kind === 'changed' ? hunksAround(lines) : [{ lines }];
  const isStale = kind === 'changed' && hunks.length > 0 && outputs === null && cell.outputs.length > 0;
  const title = titleOf(change, part, trans);
  return (
    <Row
      model={model}
      trans={trans}
      part={part ?? NO_PART}
      title={title}
      threads={part === null ? [] : threadsBeside(model, part)}
      isChange
      className={`platform-Change platform-mod-${kind}`}
    >
      {part === null ? null : <Label part={part} model={model} trans={trans} />}
      <h2 className="platform-Change-title">{title}</h2>
      {isStale && (
        <p className="platform-Doubt">
          {trans.__('The source has changed, the outputs have not: the cell was not run again.')}
        </p>
      )}
      {part === null ? null : <Doubts part={part} trans={trans} />}
      {hunks.length > 0 && (
        <Commentable model={model} part={part}>
          <Lines hunks={hunks} layout="unified" trans={trans} />
        </Commentable>
      )}
      {outputs !== null && comparison !== null && (
        <details className="platform-Diff-part" open={kind === 'changed'}>
          <summary>{kind === 'changed' ? trans.__('Outputs changed') : trans.__('Outputs')}</summary>
          <Sides
            before={kind === 'added' ? null : lookOf(outputsBefore(change, comparison))}
            after={kind === 'removed' ? null : lookOf(part)}
            look={shown}
            trans={trans}
          />
        </details>
      )}
      {metadata !== null && (
        <Metadata lines={metadata} trans={trans}>{trans.__('Metadata changed')}</Metadata>
      )}
    </Row>
  );
}

/** What is compared as one: texts line by line, pictures beside each other. */
function WholeFile(
  props: IProps & { readonly comparison: IComparison; readonly shown: IShown }
): JSX.Element {
  const { model, trans, comparison, shown } = props;
  const { difference, before } = comparison;
  const [part = NO_PART] = shown.parts;
  const hunks = hunksFromUnified(difference.unified);
  const isPicture = part.kind === 'picture';
  const deceives = hunks.some(hunk =>
    hunk.lines.some(line => line.kind === 'added' && isDeceiving(textOfLine(line)))
  );
  return (
    <Row
      model={model}
      trans={trans}
      part={part}
      title={trans.__('Changes')}
      threads={threadsBeside(model, part)}
      isChange
    >
      <Label part={part} model={model} trans={trans} />
      {deceives && <p className="platform-Doubt">{doubtText('deceives', trans)}</p>}
      {isPicture ? (
        <Sides before={lookOf(before?.parts[0])} after={lookOf(part)} look={shown} trans={trans} />
      ) : hunks.length > 0 ? (
        <Commentable model={model} part={part}>
          <Lines hunks={hunks} layout="unified" trans={trans} />
        </Commentable>
      ) : (
        <p className="platform-Note">
          {difference.kind === 'too large'
            ? trans.__('This file is too large to be compared.')
            : trans.__('This file has changed; it is not text.')}
        </p>
      )}
    </Row>
  );
}

/** Lines of a comparison; a click on a number that the file has now comments on that line. */
function Commentable(props: {
  readonly model: IProps['model'];
  readonly part: IPart | null;
  readonly children: JSX.Element;
}): JSX.Element {
  const { model, part, children } = props;
  const choose = (event: MouseEvent) => {
    const cell = (event.target as HTMLElement).closest('td.platform-Lines-number');
    const numbers = [...(cell?.parentElement?.querySelectorAll('td.platform-Lines-number') ?? [])];
    const line = Number(numbers.at(-1)?.getAttribute('data-number'));
    if (cell !== null && part !== null && part !== NO_PART && line >= 1) {
      model.compose({ ...targetOf(part, model.path ?? ''), line, endLine: line });
    }
  };
  return <div className="platform-Commentable" onClick={choose}>{children}</div>;
}

function Sides(props: {
  readonly before: string | null;
  readonly after: string | null;
  readonly look: IShown | null;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { before, after, look, trans } = props;
  const sides = [
    { name: trans.__('Before'), html: before },
    { name: trans.__('After'), html: after }
  ];
  return look === null ? null : (
    <div className="platform-Diff-outputs">
      {sides.map(({ name, html }) =>
        html === null ? null : (
          <div key={name}>
            <h3>{name}</h3>
            {html === '' ? (
              <p className="platform-Note">{trans.__('Nothing')}</p>
            ) : (
              <Frame html={html} look={look} title={name} />
            )}
          </div>
        )
      )}
    </div>
  );
}

function Metadata(props: {
  readonly lines: readonly ILine[];
  readonly trans: TranslationBundle;
  readonly children: string;
}): JSX.Element {
  return (
    <details className="platform-Diff-part">
      <summary>{props.children}</summary>
      <Lines hunks={[{ lines: props.lines }]} layout="unified" trans={props.trans} />
    </details>
  );
}

const NO_PART: IPart = {
  kind: 'nothing',
  index: -1,
  cellId: null,
  isCell: true,
  label: '',
  lines: [],
  html: '',
  outputs: 0,
  doubts: []
};

/** The part that is a cell; cells of old notebooks have no ids, but a place. */
function partFor(cell: ICell, shown: IShown | null): IPart | null {
  const parts = shown?.parts ?? [];
  return (cell.id === '' ? parts[cell.index] : parts.find(one => one.cellId === cell.id)) ?? null;
}

/** What a changed or removed cell put out then. */
function outputsBefore(
  { cell, kind, lines }: ICellChange,
  { before }: IComparison
): IPart | null {
  const found = partFor(cell, before);
  if (found !== null || kind !== 'changed') {
    return found;
  }
  // Its id has changed too: it is the cell that had this source.
  const source = lines.filter(line => line.kind !== 'added').map(textOfLine).join('\n');
  const text = (part: IPart) =>
    part.lines.map(line => line.map(piece => piece.text).join('')).join('\n').trimEnd();
  return before?.parts.find(part => text(part) === source.trimEnd()) ?? null;
}

function lookOf(part: IPart | null | undefined): string {
  return part?.html ?? '';
}

function titleOf(change: ICellChange, part: IPart | null, trans: TranslationBundle): string {
  const name = part === null ? trans.__('Cell') : partText(part, trans);
  const texts = {
    same: trans.__('%1, unchanged', name),
    changed: trans.__('%1, changed', name),
    added: trans.__('%1, new', name),
    removed: trans.__('%1, removed', name)
  };
  return texts[change.kind];
}
