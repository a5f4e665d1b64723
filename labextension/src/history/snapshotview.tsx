/** A state of a file as it was, read-only, in the main area. Nothing in it is executed. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef } from 'react';

import { wordsOf } from '../server/words.js';
import { cellsOf, languageOf, notebookFrom, type ICell } from './cells.js';
import type { IRevision } from './data.js';
import { stateText } from './diffview.js';
import { Markdown, Outputs } from './outputview.js';
import { nameOf } from './words.js';

/** More characters than a page shows at once without stumbling. */
const MOST = 1_000_000;
const IMAGE = /\.(png|jpe?g|gif|webp|bmp)$/i;

/** A revision, and what is in it. */
export interface ISnapshot {
  readonly revision: IRevision;
  /** Null for what is not shown as text. */
  readonly text: string | null;
  /** Where its bytes are. */
  readonly url: string;
}

/** What is done about a revision. */
export interface ISnapshotTool {
  readonly label: string;
  readonly run: (revision: IRevision) => void;
}

export namespace SnapshotView {
  export interface IOptions {
    readonly load: () => Promise<ISnapshot>;
    readonly tools: readonly ISnapshotTool[];
    readonly languages: IEditorLanguageRegistry;
    readonly rendermime: IRenderMimeRegistry;
    readonly trans: TranslationBundle;
  }
}

/** Whether the file is one that is shown as text, or as a notebook. */
export function isShownAsText(revision: IRevision): boolean {
  return !IMAGE.test(revision.path) && revision.size <= 8 * 2 ** 20;
}

export class SnapshotView extends ReactWidget {
  constructor(private readonly _options: SnapshotView.IOptions) {
    super();
    this.addClass('platform-Past');
    this.addClass('platform-Snapshot');
    this.node.tabIndex = 0;
    _options.load().then(
      snapshot => this._show(<Snapshot snapshot={snapshot} {..._options} />),
      (reason: unknown) => this._show(<Note text={wordsOf(reason, _options.trans)} />)
    );
  }

  protected override render(): JSX.Element {
    return this._shown ?? <Note text={this._options.trans.__('Loading…')} />;
  }

  private _show(element: JSX.Element): void {
    this._shown = element;
    if (!this.isDisposed) {
      this.update();
    }
  }

  private _shown: JSX.Element | null = null;
}

function Note({ text }: { readonly text: string }): JSX.Element {
  return <p className="platform-Note" role="status">{text}</p>;
}

type Props = SnapshotView.IOptions & { readonly snapshot: ISnapshot };

function Snapshot(props: Props): JSX.Element {
  const { snapshot, tools, trans } = props;
  return (
    <>
      <header className="platform-Past-head">
        <div>
          <h2>{nameOf(snapshot.revision.path)}</h2>
          <p>{trans.__('As it was: read-only')}</p>
        </div>
        <p className="platform-Past-state">{stateText(snapshot.revision, trans)}</p>
        <div className="platform-Past-tools">
          {tools.map(tool => (
            <button
              key={tool.label}
              type="button"
              className="platform-Button"
              onClick={() => tool.run(snapshot.revision)}
            >
              {tool.label}
            </button>
          ))}
        </div>
      </header>
      <Body {...props} />
    </>
  );
}

function Body(props: Props): JSX.Element {
  const { snapshot, trans, languages } = props;
  const { text, url, revision } = snapshot;
  if (IMAGE.test(revision.path)) {
    return <img src={url} alt={nameOf(revision.path)} />;
  }
  if (text === null) {
    return <Note text={trans.__('This state is too large to be shown: download it.')} />;
  }
  if (text.includes('\0')) {
    return <Note text={trans.__('This is not a text, so it cannot be shown: download it.')} />;
  }
  const notebook = revision.path.endsWith('.ipynb') ? notebookFrom(text) : null;
  if (notebook === null) {
    const language = languages.findByFileName(revision.path)?.name ?? '';
    return <Code text={text} language={language} languages={languages} trans={trans} />;
  }
  const language = languageOf(notebook);
  return (
    <>
      {cellsOf(notebook).map((cell, index) => (
        <Cell key={index} cell={cell} language={language} {...props} />
      ))}
    </>
  );
}

function Cell({ cell, language, ...props }: Props & { readonly cell: ICell; readonly language: string }) {
  const { rendermime, trans, languages } = props;
  return (
    <section className={`platform-Snapshot-cell platform-mod-${cell.type}`}>
      <span className="platform-Snapshot-prompt">
        {cell.type === 'code' ? `[${cell.prompt || ' '}]:` : ''}
      </span>
      <div>
        {cell.type === 'markdown' ? (
          <Markdown text={cell.source} rendermime={rendermime} />
        ) : (
          <Code text={cell.source} language={language} languages={languages} trans={trans} />
        )}
        <Outputs outputs={cell.outputs} rendermime={rendermime} trans={trans} />
      </div>
    </section>
  );
}

function Code(props: {
  readonly text: string;
  readonly language: string;
  readonly languages: IEditorLanguageRegistry;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { text, language, languages, trans } = props;
  const host = useRef<HTMLPreElement>(null);
  const shown = text.slice(0, MOST);
  useEffect(() => {
    const node = host.current;
    if (node !== null) {
      node.replaceChildren();
      const found = language === '' ? null : languages.findByName(language);
      languages.highlight(shown, found, node).catch(() => {
        node.textContent = shown;
      });
    }
  }, [shown, language, languages]);
  return (
    <>
      <pre ref={host} className="platform-Snapshot-code" />
      {shown.length < text.length && (
        <Note text={trans.__('%1 more characters are not shown.', text.length - shown.length)} />
      )}
    </>
  );
}
