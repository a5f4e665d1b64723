/** Where a reviewer decides: a summary, points, and the two ways it can go. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { honest } from '../history/deceiving.js';
import type { SubmissionModel } from './model.js';
import { Points } from './points.js';
import { givenFrom, type Chosen } from './rubric.js';

interface IProps {
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

/** Whose task it is: given to somebody else, or back. */
export function Task({ model, trans }: IProps): JSX.Element | null {
  const { view, reviewers } = model;
  if (view?.mayAssign !== true) {
    return null;
  }
  return (
    <>
      <select
        value=""
        aria-label={trans.__('Hand over')}
        onChange={event => void model.actions.assign(event.target.value)}
      >
        <option value="" disabled>{trans.__('Hand over to…')}</option>
        {reviewers.map(one => <option key={one.id} value={one.id}>{honest(one.name)}</option>)}
      </select>
      {view.reviewer !== null && (
        <button
          type="button"
          className="platform-Link"
          onClick={() => void model.actions.release()}
        >
          {trans.__('Give back')}
        </button>
      )}
    </>
  );
}

export function Decide({ model, trans }: IProps): JSX.Element {
  const [summary, setSummary] = useState('');
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const { drafts, rubric } = model;
  const decide = (isApproval: boolean) => {
    void model.actions.decide({ isApproval, summary, scores: givenFrom(rubric, chosen) });
  };
  return (
    <>
      {drafts > 0 && (
        <span className="platform-Mark" title={trans.__('Published with your decision')}>
          {trans._n('%1 draft', '%1 drafts', drafts)}
        </span>
      )}
      <input
        type="text"
        className="platform-Submission-summary"
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
      <Task model={model} trans={trans} />
      <Points criteria={rubric} chosen={chosen} choose={setChosen} trans={trans} />
    </>
  );
}
