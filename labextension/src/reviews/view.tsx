/** A submission in the main area: its files, what changed, what is said, what is decided. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';

import { Changes } from './changes.js';
import { Document } from './document.js';
import { Files } from './files.js';
import { Head } from './head.js';
import { keysFor, type IKey } from './keys.js';
import type { SubmissionModel } from './model.js';

const INTERVAL = 4_000; // milliseconds between two looks at a check that has not ended

export namespace SubmissionWidget {
  export interface IOptions {
    readonly model: SubmissionModel;
    /** The address that opens this submission. */
    readonly link: string;
    /** Show a notebook as JupyterLab shows notebooks, read-only. */
    readonly openNotebook: (path: string, round: number) => void;
    readonly trans: TranslationBundle;
  }
}

export class SubmissionWidget extends ReactWidget {
  constructor(private readonly _options: SubmissionWidget.IOptions) {
    super();
    const { model, trans } = _options;
    this.addClass('platform-Submission');
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => this._onKey(event));
    const help = () => {
      this._isHelping = !this._isHelping;
      this.update();
    };
    this._keys = keysFor(model, { node: this.node, help }, trans);
    model.changed.connect(() => {
      if (model.view !== null && model.view.projectName !== this._name) {
        this._name = model.view.projectName;
        this._named.emit(this._name);
      }
    });
    void model.refresh();
    this._watch = new Poll({
      name: `platform:submission-${model.id}`,
      factory: () => model.watch(),
      frequency: { interval: INTERVAL, backoff: true, max: 10 * INTERVAL },
      standby: 'when-hidden'
    });
  }

  override dispose(): void {
    this._watch.dispose();
    super.dispose();
  }

  /** Emitted with what the submission is called, when that is known. */
  get named(): ISignal<this, string> {
    return this._named;
  }

  /** Look again. */
  refresh(): Promise<void> {
    return this._options.model.refresh();
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.model.changed}>
        {() => <Page {...this._options} keys={this._isHelping ? this._keys : null} />}
      </UseSignal>
    );
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private _onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const key = this._keys.find(one => one.key === event.key);
    if (key !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      void key.act();
    }
  }

  private readonly _watch: Poll;
  private readonly _keys: readonly IKey[];
  private _isHelping = false;
  private _name = '';
  private readonly _named = new Signal<this, string>(this);
}

type IProps = SubmissionWidget.IOptions & { readonly keys: readonly IKey[] | null };

function Page(props: IProps): JSX.Element {
  const { model, trans, link, keys } = props;
  const { view, problem } = model;
  if (view === null) {
    const text = problem === '' ? trans.__('Loading…') : problem;
    return <p className="platform-Note" role="status">{text}</p>;
  }
  return (
    <>
      <Head view={view} model={model} link={link} trans={trans} />
      {problem !== '' && <p className="platform-Problem" role="alert">{problem}</p>}
      <div className="platform-Submission-body">
        <Files model={model} trans={trans} />
        <File {...props} />
      </div>
      {keys !== null && <Help keys={keys} trans={trans} />}
    </>
  );
}

/** The file that is shown, under what can be done with it. */
function File({ model, trans, openNotebook }: IProps): JSX.Element {
  const { path, mode, against, round } = model;
  if (path === null) {
    return <div className="platform-Submission-main" />;
  }
  return (
    <div className="platform-Submission-file">
      <div className="platform-Submission-tools">
        {against > 0 && (
          <>
            <div role="group" className="platform-Switch" aria-label={trans.__('View')}>
              {(['document', 'changes'] as const).map(one => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={mode === one}
                  onClick={() => void model.showFile(path, one)}
                >
                  {one === 'document' ? trans.__('File') : trans.__('Changes')}
                </button>
              ))}
            </div>
            <Since model={model} trans={trans} />
          </>
        )}
        <span className="platform-Submission-more">
          {path.endsWith('.ipynb') && (
            <button type="button" className="platform-Link" onClick={() => openNotebook(path, round)}>
              {trans.__('Open in notebook view')}
            </button>
          )}
          <a className="platform-Link" href={model.download(path)}>{trans.__('Download')}</a>
        </span>
      </div>
      <section
        className="platform-Submission-main"
        key={`${path} ${mode} ${round}`}
        aria-label={path}
        aria-busy={model.isBusy}
        tabIndex={0}
      >
        {mode === 'document' ? (
          <Document model={model} trans={trans} />
        ) : (
          <Changes model={model} trans={trans} />
        )}
      </section>
    </div>
  );
}

/** Since which round changes are shown. */
function Since({ model, trans }: Pick<IProps, 'model' | 'trans'>): JSX.Element {
  const rounds = model.view?.rounds.filter(one => one.number < model.round) ?? [];
  return (
    <label>
      {trans.__('since')}{' '}
      <select
        value={model.against}
        onChange={event => void model.showSince(Number(event.target.value))}
      >
        {rounds.map(one => (
          <option key={one.number} value={one.number}>
            {one.number === model.seen
              ? trans.__('round %1, seen by you', one.number)
              : one.decision === null
              ? trans.__('round %1', one.number)
              : trans.__('round %1, reviewed by %2', one.number, one.decision.reviewer.name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Help({ keys, trans }: { readonly keys: readonly IKey[]; readonly trans: TranslationBundle }) {
  return (
    <aside className="platform-Submission-keys" aria-label={trans.__('Keys')}>
      <dl>
        {keys.map(one => (
          <div key={one.key}>
            <dt><kbd>{one.key}</kbd></dt>
            <dd>{one.text}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
