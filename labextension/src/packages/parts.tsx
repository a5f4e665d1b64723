/** What the package panel is made of. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { caretUpIcon, closeIcon } from '@jupyterlab/ui-components';
import { useState, type FormEvent } from 'react';

import { sizeText } from '../history/words.js';
import { isOver, type IPackage, type IPolicy } from './data.js';
import { requirementsIn, shareOf, type IFile, type IProgress } from './model.js';
import { changeText, headline, needsRestart, phaseText, policyLines } from './words.js';

/** What the panel's buttons do. None of them rejects. */
export interface IPackageActions {
  install(requirements: readonly string[]): void;
  upgrade(names: readonly string[]): void;
  remove(one: IPackage): void;
  rebuild(): void;
  cancel(): void;
  dismiss(): void;
  /** Install what a requirements file has, which the user picks. */
  importFile(): void;
  exportFile(): void;
}

interface IProps {
  readonly actions: IPackageActions;
  readonly trans: TranslationBundle;
}

/** A line to add packages with. */
export function AddForm(props: IProps & { readonly isBusy: boolean }): JSX.Element {
  const { actions, isBusy, trans } = props;
  const [text, setText] = useState('');
  const wanted = requirementsIn(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted.length > 0 && !isBusy) {
      actions.install(wanted);
      setText('');
    }
  };
  return (
    <form className="platform-Packages-add" onSubmit={submit}>
      <input
        type="text"
        className="jp-mod-styled"
        value={text}
        placeholder={trans.__('humanize, polars>=1')}
        aria-label={trans.__('Packages to install')}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={event => setText(event.target.value)}
      />
      <button type="submit" className="platform-Button" disabled={isBusy || wanted.length === 0}>
        {trans.__('Install')}
      </button>
    </form>
  );
}

/** How an installation goes, or went. */
export function ProgressCard(props: IProps & { readonly progress: IProgress }): JSX.Element {
  const { actions, progress, trans } = props;
  const isRunning = !isOver(progress.phase);
  return (
    <section
      className={`platform-Packages-progress platform-mod-${progress.phase}`}
      aria-label={trans.__('Installation')}
    >
      <header>
        <strong role="status">{headline(progress, trans)}</strong>
        {isRunning ? (
          <button type="button" className="platform-Link" onClick={actions.cancel}>
            {trans.__('Cancel')}
          </button>
        ) : (
          <button
            type="button"
            className="platform-IconButton"
            aria-label={trans.__('Dismiss')}
            title={trans.__('Dismiss')}
            onClick={actions.dismiss}
          >
            <closeIcon.react tag="span" aria-hidden="true" />
          </button>
        )}
      </header>
      {isRunning && <Running progress={progress} trans={trans} />}
      {progress.message !== '' && (
        <pre role={progress.phase === 'failed' ? 'alert' : undefined}>{progress.message}</pre>
      )}
      {progress.notes.length > 0 && (
        <ul className="platform-Packages-notes">
          {progress.notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {progress.changes.length > 0 && (
        <ul>
          {progress.changes.map(one => (
            <li key={one.name}>{changeText(one, trans)}</li>
          ))}
        </ul>
      )}
      {needsRestart(progress) && (
        <p>{trans.__('Restart kernels that have imported what was replaced.')}</p>
      )}
    </section>
  );
}

function Running(props: { readonly progress: IProgress; readonly trans: TranslationBundle }) {
  const { progress, trans } = props;
  const share = shareOf(progress);
  const label = phaseText(progress, trans);
  const onTheWay = progress.files.filter(one => !one.isHere);
  return (
    <>
      <progress
        aria-label={label}
        {...(share === null || progress.phase !== 'downloading' ? {} : { value: share })}
      />
      <p>{label}</p>
      {onTheWay.length > 0 && (
        <ul>
          {onTheWay.map(one => (
            <li key={one.file}>
              <span>{one.file}</span> <span>{bytesText(one)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function bytesText(file: IFile): string {
  return file.size === null
    ? sizeText(file.done)
    : `${sizeText(file.done)} / ${sizeText(file.size)}`;
}

interface IListProps extends IProps {
  readonly packages: readonly IPackage[];
  readonly mayChange: boolean;
  readonly isBusy: boolean;
}

/** Packages, each with what can be done about it. */
export function PackageList(props: IListProps): JSX.Element {
  return (
    <ul className="platform-Packages-list">
      {props.packages.map(one => (
        <Row key={one.name} one={one} {...props} />
      ))}
    </ul>
  );
}

function Row({ one, ...props }: IListProps & { readonly one: IPackage }): JSX.Element {
  const { trans } = props;
  return (
    <li className={one.missing ? 'platform-mod-missing' : ''}>
      <div className="platform-Packages-name">
        <strong>{one.name}</strong> <span>{one.version}</span>
        {one.missing && <span className="platform-Badge">{trans.__('lost')}</span>}
        {!one.fromIndex && (
          <span
            className="platform-Badge"
            title={trans.__('It is not from the package index, so it cannot be installed again')}
          >
            {trans.__('own')}
          </span>
        )}
      </div>
      <div className="platform-Packages-facts">
        <span>{sizeText(one.size)}</span>
        {!one.requested && <span>{whyHere(one, trans)}</span>}
      </div>
      {props.mayChange && <Tools one={one} {...props} />}
    </li>
  );
}

function whyHere(one: IPackage, trans: TranslationBundle): string {
  return one.neededBy.length > 0
    ? trans.__('for %1', one.neededBy.join(', '))
    : trans.__('nothing needs it any more');
}

function Tools({ one, actions, isBusy, trans }: IListProps & { readonly one: IPackage }) {
  return (
    <div className="platform-Packages-tools">
      {!one.missing && one.fromIndex && (
        <button
          type="button"
          className="platform-IconButton"
          disabled={isBusy}
          aria-label={trans.__('Upgrade %1', one.name)}
          title={trans.__('Upgrade to the newest version')}
          onClick={() => actions.upgrade([one.name])}
        >
          <caretUpIcon.react tag="span" aria-hidden="true" />
        </button>
      )}
      <button
        type="button"
        className="platform-IconButton"
        disabled={isBusy}
        aria-label={trans.__('Remove %1', one.name)}
        title={trans.__('Remove')}
        onClick={() => actions.remove(one)}
      >
        <closeIcon.react tag="span" aria-hidden="true" />
      </button>
    </div>
  );
}

/** What may be installed, folded. */
export function Policy(props: { readonly policy: IPolicy; readonly trans: TranslationBundle }) {
  return (
    <details className="platform-Packages-policy">
      <summary>{props.trans.__('What may be installed')}</summary>
      <ul>
        {policyLines(props.policy, props.trans).map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
