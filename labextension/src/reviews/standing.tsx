/** Whether a round reproduces: all of it, and each of its cells. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { Honest } from '../history/deceiving.js';
import { hunksFromUnified } from '../history/lines.js';
import { Lines } from '../history/lineview.js';
import type { IProps } from './document.js';
import type { IPart } from './parts.js';
import { isUnfinished, type IReproduction, type Outcome } from './reproduction.js';

/** How the check of the round stands, and for reviewers what can be done about it. */
export function Standing({ model, trans }: IProps): JSX.Element | null {
  const { reproduction: check, view } = model;
  if (check === null) {
    return null;
  }
  return (
    <p className="platform-Standing" role="status">
      <strong>{trans.__('Run again:')}</strong>{' '}
      {check.state === 'done' ? (
        [...check.counts].map(([outcome, count]) => (
          <span key={outcome} className={`platform-Mark platform-mod-${outcome}`}>
            {`${count} ${outcomeText(outcome, trans)}`}
          </span>
        ))
      ) : (
        <Honest text={stateText(check, trans)} />
      )}
      {view?.mayReview === true &&
        (isUnfinished(check) ? (
          <button type="button" className="platform-Link" onClick={() => void model.actions.cancelCheck()}>
            {trans.__('Cancel')}
          </button>
        ) : (
          <button type="button" className="platform-Link" onClick={() => void model.actions.checkAgain()}>
            {trans.__('Once more')}
          </button>
        ))}
    </p>
  );
}

/** What came of one cell; nothing if it is the same. */
export function CellResult({ part, model, trans }: IProps & { readonly part: IPart }) {
  const result = model.reproduction?.notebooks.get(model.path ?? '')?.get(part.index);
  if (result === undefined || result.outcome === 'same') {
    return null;
  }
  const text = trans.__('Run again: %1', outcomeText(result.outcome, trans));
  return (
    <details className="platform-CellResult">
      <summary>
        <span className={`platform-Mark platform-mod-${result.outcome}`}>{text}</span>
      </summary>
      {result.message !== '' && <p><Honest text={result.message} /></p>}
      {result.diff !== '' && (
        <div className="platform-Past">
          <Lines hunks={hunksFromUnified(result.diff)} layout="unified" trans={trans} />
        </div>
      )}
    </details>
  );
}

function stateText(check: IReproduction, trans: TranslationBundle): string {
  switch (check.state) {
    case 'queued':
      return trans._n('waits, after %1 other', 'waits, after %1 others', check.before);
    case 'running':
      return trans.__('runs now');
    case 'cancelled':
      return trans.__('was cancelled');
    default:
      return check.message === '' ? trans.__('could not be run') : check.message;
  }
}

function outcomeText(outcome: Outcome, trans: TranslationBundle): string {
  const texts: Record<Outcome, string> = {
    same: trans.__('same'),
    not_run: trans.__('not run'),
    differs: trans.__('differs'),
    time_limit: trans.__('took too long'),
    fails: trans.__('fails')
  };
  return texts[outcome];
}
