/** A submission in the main area: its files, what changed, what is said, what is decided. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { hunksFromUnified } from '../history/lines.js';
import { Lines } from '../history/lineview.js';
import type { ISubmissionView } from './data.js';
import type { SubmissionModel } from './model.js';
import { Threads } from './threads.js';
import { stateText } from './words.js';

export class SubmissionWidget extends ReactWidget {
  constructor(
    private readonly _model: SubmissionModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('platform-Submission');
    this.node.tabIndex = 0;
    this.node.addEventListener('keydown', event => this._onKey(event));
    void _model.refresh();
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => <Page model={this._model} trans={this._trans} />}
      </UseSignal>
    );
  }

  /** The next and the previous thread and file, and the field to comment in. */
  private _onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const actions: Record<string, () => unknown> = {
      n: () => this._model.stepThread(1),
      p: () => this._model.stepThread(-1),
      j: () => this._model.stepFile(1),
      k: () => this._model.stepFile(-1),
      c: () => this.node.querySelector<HTMLElement>('.platform-NewThread-body')?.focus()
    };
    const act = actions[event.key];
    if (act !== undefined) {
      event.preventDefault();
      act();
    }
  }
}

interface IProps {
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

function Page({ model, trans }: IProps): JSX.Element {
  const { view, problem } = model;
  if (view === null) {
    const text = problem === '' ? trans.__('Loading…') : problem;
    return <p className="platform-Note" role="status">{text}</p>;
  }
  return (
    <>
      <Head view={view} model={model} trans={trans} />
      {problem !== '' && <p className="platform-Problem" role="alert">{problem}</p>}
      <div className="platform-Submission-body">
        <Files model={model} trans={trans} />
        <Document model={model} trans={trans} />
        <Threads model={model} trans={trans} />
      </div>
    </>
  );
}

function Head({ view, model, trans }: IProps & { readonly view: ISubmissionView }): JSX.Element {
  const round = view.rounds.find(one => one.number === model.round);
  return (
    <header className="platform-Submission-head">
      <div>
        <h1>{view.projectName}</h1>
        <span className={`platform-State platform-mod-${view.state}`}>
          {stateText(view.state, trans)}
        </span>
        <label>
          {trans.__('Round')}{' '}
          <select
            value={model.round}
            onChange={event => void model.showRound(Number(event.target.value))}
          >
            {view.rounds.map(one => (
              <option key={one.number} value={one.number}>{one.number}</option>
            ))}
          </select>
        </label>
        <Actions view={view} model={model} trans={trans} />
      </div>
      {round !== undefined && (
        <p>
          <strong>{round.submitter.name}</strong>, {round.submittedAt.toLocaleString()}
          {round.message !== '' && <q>{round.message}</q>}
        </p>
      )}
      {round?.decision != null && (
        <p className="platform-Decision">
          <strong>
            {round.decision.isApproval
              ? trans.__('%1 approved this round.', round.decision.reviewer.name)
              : trans.__('%1 requested changes.', round.decision.reviewer.name)}
          </strong>
          {round.decision.summary !== '' && <q>{round.decision.summary}</q>}
        </p>
      )}
    </header>
  );
}

function Actions({ view, model, trans }: IProps & { readonly view: ISubmissionView }): JSX.Element {
  const [summary, setSummary] = useState('');
  const isOpen = view.state === 'submitted' || view.state === 'in_review';
  const isLatest = model.round === view.round;
  const decide = (isApproval: boolean) => {
    void model.decide(isApproval, summary).then(isDone => isDone && setSummary(''));
  };
  return (
    <div className="platform-Submission-actions" role="group" aria-label={trans.__('Actions')}>
      {view.mayReview && view.state === 'submitted' && (
        <button
          type="button"
          className="platform-Button platform-mod-primary"
          onClick={() => void model.claim()}
        >
          {trans.__('Review this')}
        </button>
      )}
      {view.mayReview && view.state === 'in_review' && isLatest && (
        <>
          <input
            type="text"
            value={summary}
            aria-label={trans.__('Summary')}
            placeholder={trans.__('Summary of your decision')}
            onChange={event => setSummary(event.target.value)}
          />
          <button type="button" className="platform-Button" onClick={() => decide(false)}>
            {trans.__('Request changes')}
          </button>
          <button
            type="button"
            className="platform-Button platform-mod-primary"
            onClick={() => decide(true)}
          >
            {trans.__('Approve')}
          </button>
          <button type="button" className="platform-Link" onClick={() => void model.release()}>
            {trans.__('Give back')}
          </button>
        </>
      )}
      {view.mayChange && (isOpen || view.state === 'changes_requested') && (
        <button type="button" className="platform-Link" onClick={() => void model.withdraw()}>
          {trans.__('Withdraw')}
        </button>
      )}
    </div>
  );
}

function Files({ model, trans }: IProps): JSX.Element {
  return (
    <nav className="platform-Submission-files" aria-label={trans.__('Files')}>
      <ul>
        {model.files.map(one => (
          <li key={one.path}>
            <button
              type="button"
              aria-current={one.path === model.path}
              onClick={() => void model.showFile(one.path)}
            >
              {one.path}
              {model.changedPaths.has(one.path) && (
                <span className="platform-Changed" title={trans.__('Changed in this round')}>
                  {' '}●
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Document({ model, trans }: IProps): JSX.Element {
  const { page, path, mode } = model;
  if (page === null || path === null) {
    return <main />;
  }
  return (
    <main>
      {model.round > 1 && (
        <div role="tablist" className="platform-Switch" aria-label={trans.__('View')}>
          {(['document', 'changes'] as const).map(one => (
            <button
              key={one}
              type="button"
              role="tab"
              aria-selected={mode === one}
              onClick={() => void model.showFile(path, one)}
            >
              {one === 'document' ? trans.__('File') : trans.__('Changes since the last round')}
            </button>
          ))}
        </div>
      )}
      {mode === 'document' || model.difference === null ? (
        // Nothing that a learner wrote runs, or asks anything of any server: the frame has an
        // origin of its own and no scripts, and the page in it says so itself once more.
        <iframe key={path} sandbox="" src={page} title={path} referrerPolicy="no-referrer" />
      ) : (
        <Changes model={model} trans={trans} />
      )}
    </main>
  );
}

function Changes({ model, trans }: IProps): JSX.Element {
  const difference = model.difference;
  if (difference === null || difference.kind === 'same') {
    return <p className="platform-Note">{trans.__('This file has not changed.')}</p>;
  }
  if (difference.unified === '') {
    return <p className="platform-Note">{trans.__('This file has changed; it is not text.')}</p>;
  }
  return (
    <div className="platform-Past platform-Diff">
      <Lines hunks={hunksFromUnified(difference.unified)} layout="unified" trans={trans} />
    </div>
  );
}
