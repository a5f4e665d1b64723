/** A part of a file, and beside it what is said about it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useLayoutEffect, useRef, type ReactNode } from 'react';

import { Composer } from './composer.js';
import type { SubmissionModel } from './model.js';
import type { IPart } from './parts.js';
import { isAbout, lineOf } from './places.js';
import type { IThread } from './said.js';
import { Thread } from './threads.js';

export interface IRowProps {
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
  /** Null for what is about all of the file, or of the submission. */
  readonly part: IPart | null;
  readonly title: string;
  readonly threads: readonly IThread[];
  /** Whether the keys for changes stop here. */
  readonly isChange?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Row(props: IRowProps): JSX.Element {
  const { model, trans, part, title, threads, isChange = false, className = '', children } = props;
  const { target } = model;
  const isComposed =
    target !== null &&
    (part === null ? target.cellId === null && target.line === null : isAbout(target, part));
  return (
    <section
      className={`platform-Row ${className}`}
      aria-label={title}
      tabIndex={-1}
      data-part={part?.index}
      data-change={isChange ? '' : undefined}
    >
      <div className="platform-Row-content">{children}</div>
      <Margin>
        {threads.map(one => (
          <div key={one.id} data-line={lineOf(one)} data-output={(one.now ?? one).anchor.output}>
            <Thread thread={one} model={model} trans={trans} />
          </div>
        ))}
        {isComposed && (
          <div key="composer" data-line={target.endLine ?? target.line} data-output={target.output}>
            <Composer
              key={`${target.path} ${target.cellId} ${target.output}`}
              target={target}
              part={part}
              model={model}
              trans={trans}
            />
          </div>
        )}
      </Margin>
    </section>
  );
}

/** Puts each thing beside its line, or as high as there is room. */
function Margin({ children }: { readonly children: ReactNode }): JSX.Element {
  const node = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const margin = node.current;
    if (margin === null) {
      return;
    }
    const top = margin.getBoundingClientRect().top;
    let bottom = 0;
    for (const child of margin.children as HTMLCollectionOf<HTMLElement>) {
      const place = placeOf(child, margin.parentElement);
      const wanted = place === null ? 0 : place.getBoundingClientRect().top - top;
      child.style.marginTop = `${Math.max(0, Math.floor(wanted - bottom))}px`;
      bottom = child.offsetTop + child.offsetHeight;
    }
  });
  return <div ref={node} className="platform-Row-margin">{children}</div>;
}

function placeOf(child: HTMLElement, row: HTMLElement | null): Element | null {
  const { line, output } = child.dataset;
  const wanted =
    output !== undefined
      ? '.platform-Row-outputs'
      : line !== undefined
        ? `.platform-Code-line[data-line="${line}"]`
        : '';
  return wanted === '' ? null : (row?.querySelector(wanted) ?? null);
}
