/** The head of a submission: what it is, whose turn it is, and what can be done about it. */

import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isUndecided, type IRound, type ISubmissionView } from './data.js';
import { Decide, Task } from './deciding.js';
import type { SubmissionModel } from './model.js';
import { Scores } from './points.js';
import { Standing } from './standing.js';
import { stateText } from './words.js';

interface IProps {
  readonly view: ISubmissionView;
  readonly model: SubmissionModel;
  /** The address that opens this submission. */
  readonly link: string;
  readonly trans: TranslationBundle;
}

export function Head(props: IProps): JSX.Element {
  const { view, model, link, trans } = props;
  const round = view.rounds.find(one => one.number === model.round);
  return (
    <section className="platform-Submission-head" aria-label={trans.__('Submission')}>
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
        {view.reviewer !== null && view.state === 'in_review' && (
          <span>{trans.__('%1 reviews it', view.reviewer.name)}</span>
        )}
        {view.reviewer !== null && view.state === 'submitted' && (
          <span>{trans.__('given to %1', view.reviewer.name)}</span>
        )}
        <button
          type="button"
          className="platform-Link"
          title={trans.__('An address that opens this submission')}
          onClick={() => Clipboard.copyToSystem(link)}
        >
          {trans.__('Copy link')}
        </button>
        <Actions {...props} />
      </div>
      {round !== undefined && <Said round={round} trans={trans} />}
      <Standing model={model} trans={trans} />
    </section>
  );
}

/** What the maker said about a round, and what was decided about it. */
function Said({ round, trans }: { readonly round: IRound; readonly trans: TranslationBundle }) {
  const { decision } = round;
  return (
    <>
      <p>
        <strong>{round.submitter.name}</strong>, {round.submittedAt.toLocaleString()}
        {round.message !== '' && <q>{round.message}</q>}
      </p>
      {decision !== null && (
        <div className="platform-Decision">
          <strong>
            {decision.isApproval
              ? trans.__('%1 approved this round.', decision.reviewer.name)
              : trans.__('%1 requested changes.', decision.reviewer.name)}
          </strong>
          {decision.summary !== '' && <q>{decision.summary}</q>}
          <Scores scores={decision.scores} trans={trans} />
        </div>
      )}
    </>
  );
}

function Actions({ view, model, trans }: IProps): JSX.Element {
  const isLatest = model.round === view.round;
  return (
    <div className="platform-Submission-actions" role="group" aria-label={trans.__('Actions')}>
      {view.mayReview && view.state === 'submitted' && (
        <>
          {(view.reviewer === null || view.mayAssign) && (
            <button
              type="button"
              className="platform-Button platform-mod-primary"
              onClick={() => void model.actions.claim()}
            >
              {trans.__('Review this')}
            </button>
          )}
          <Task model={model} trans={trans} />
        </>
      )}
      {view.mayReview && view.state === 'in_review' && isLatest && (
        <Decide key={model.round} model={model} trans={trans} />
      )}
      {view.mayChange && (isUndecided(view) || view.state === 'changes_requested') && (
        <button type="button" className="platform-Link" onClick={() => void model.actions.withdraw()}>
          {trans.__('Withdraw')}
        </button>
      )}
    </div>
  );
}
