/** A submitted file as it is, part by part. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { Code } from './code.js';
import { Frame } from './frame.js';
import type { SubmissionModel } from './model.js';
import type { IPart } from './parts.js';
import { isAbout, partOf, targetOf } from './places.js';
import { Row } from './row.js';
import type { IThread } from './said.js';
import { CellResult } from './standing.js';
import { doubtText, partText } from './words.js';

const MOST_BUTTONS = 20; // outputs of a cell that have a button of their own

export interface IProps {
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

export function Document({ model, trans }: IProps): JSX.Element | null {
  const { shown, path } = model;
  if (shown === null || path === null) {
    return null;
  }
  return (
    <>
      <General model={model} trans={trans} />
      {shown.parts.map(part => (
        <Part key={`${path} ${part.index}`} part={part} model={model} trans={trans} />
      ))}
    </>
  );
}

/** What is said about all of it, or about places that are gone. */
export function General({ model, trans }: IProps): JSX.Element | null {
  const { shown, threadsHere, target } = model;
  const threads = threadsHere.filter(one => partOf(one, shown?.parts ?? []) === null);
  const isComposed = target !== null && target.cellId === null && target.line === null;
  return threads.length === 0 && !isComposed ? null : (
    <Row model={model} trans={trans} part={null} title={trans.__('The whole file')} threads={threads}>
      <p className="platform-Note">{trans.__('About the whole file, or places that are gone')}</p>
    </Row>
  );
}

/** The threads that stand beside a part. */
export function threadsBeside(model: SubmissionModel, part: IPart): readonly IThread[] {
  const parts = model.shown?.parts ?? [];
  return model.threadsHere.filter(one => partOf(one, parts)?.index === part.index);
}

function Part({ part, model, trans }: IProps & { readonly part: IPart }): JSX.Element {
  const title = partText(part, trans);
  const threads = threadsBeside(model, part);
  const isMarkdown = part.kind === 'markdown';
  return (
    <Row
      model={model}
      trans={trans}
      part={part}
      title={title}
      threads={threads}
      className={`platform-mod-${part.kind}`}
    >
      <Label part={part} model={model} trans={trans} />
      <Doubts part={part} trans={trans} />
      {isMarkdown && <Look part={part} model={model} trans={trans} />}
      <Source part={part} threads={threads} model={model} trans={trans} />
      {!isMarkdown && <Look part={part} model={model} trans={trans} />}
      <CellResult part={part} model={model} trans={trans} />
    </Row>
  );
}

/** What a part is called, with a button to comment on it. */
export function Label({ part, model, trans }: IProps & { readonly part: IPart }): JSX.Element | null {
  if (part.isCell && part.cellId === null) {
    return <div className="platform-Part-label">{part.label}</div>;
  }
  const title = partText(part, trans);
  return (
    <div className="platform-Part-label">
      <span>{part.label}</span>
      <button
        type="button"
        className="platform-Part-comment"
        aria-label={trans.__('Comment on %1', title)}
        title={trans.__('Comment on %1', title)}
        onClick={() => model.compose(targetOf(part, model.path ?? ''))}
      >
        +
      </button>
    </div>
  );
}

export function Doubts(props: {
  readonly part: IPart;
  readonly trans: TranslationBundle;
}): JSX.Element {
  return (
    <>
      {props.part.doubts.map(one => (
        <p key={one} className="platform-Doubt">{doubtText(one, props.trans)}</p>
      ))}
    </>
  );
}

interface ISourceProps extends IProps {
  readonly part: IPart;
  readonly threads: readonly IThread[];
}

/** The source; that of Markdown on demand, or when somebody said something about its lines. */
function Source({ part, threads, model, trans }: ISourceProps): JSX.Element | null {
  const [isWanted, setWanted] = useState(false);
  const { target } = model;
  const mine = target !== null && isAbout(target, part) ? target : null;
  const isMarkdown = part.kind === 'markdown';
  const hasLines = threads.some(one => (one.now ?? one).anchor.line !== null) || mine?.line != null;
  if (part.lines.length === 0) {
    return null;
  }
  const isShown = !isMarkdown || isWanted || hasLines;
  return (
    <>
      {isShown && (
        <Code
          part={part}
          marked={markedLines(model, mine, threads)}
          trans={trans}
          onLine={(line, isRange) => {
            const start = isRange && mine?.line != null ? mine.line : line;
            const target = targetOf(part, model.path ?? '');
            const [from, to] = [Math.min(start, line), Math.max(start, line)];
            model.compose({ ...target, line: from, endLine: to });
          }}
        />
      )}
      {isMarkdown && !hasLines && (
        <div className="platform-Part-tools">
          <button type="button" className="platform-Link" onClick={() => setWanted(!isWanted)}>
            {isWanted ? trans.__('Hide the source') : trans.__('Show the source')}
          </button>
        </div>
      )}
    </>
  );
}

function markedLines(
  model: SubmissionModel,
  target: SubmissionModel['target'],
  threads: readonly IThread[]
): { from: number; to: number } | null {
  const selected = threads.find(one => one.id === model.selected);
  const anchor = target ?? (selected === undefined ? null : (selected.now ?? selected).anchor);
  return anchor?.line == null ? null : { from: anchor.line, to: anchor.endLine ?? anchor.line };
}

/** What a part puts out, or looks like. */
function Look({ part, model, trans }: IProps & { readonly part: IPart }): JSX.Element | null {
  const { shown } = model;
  if (part.html === '' || shown === null) {
    return part.kind === 'nothing' && model.path !== null && !part.isCell ? (
      <p><a href={model.download(model.path)}>{trans.__('Download')}</a></p>
    ) : null;
  }
  const isOutput = part.kind === 'code';
  const title = partText(part, trans);
  return (
    <div className="platform-Row-outputs">
      <Frame
        html={part.html}
        look={shown}
        title={isOutput ? trans.__('Outputs of %1', title) : title}
      />
      {isOutput && part.cellId !== null && (
        <div className="platform-Part-tools">
          {Array.from({ length: Math.min(part.outputs, MOST_BUTTONS) }, (_, output) => (
            <button
              key={output}
              type="button"
              className="platform-Link"
              onClick={() =>
                model.compose({ ...targetOf(part, model.path ?? ''), output, line: null, endLine: null })
              }
            >
              {part.outputs === 1
                ? trans.__('Comment on the output')
                : trans.__('Comment on output %1', output + 1)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
