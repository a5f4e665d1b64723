/** Where a reviewer chooses which submissions are listed. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';

import { countOf, NOBODY, type Choice } from './filter.js';
import type { ReviewsModel } from './queue.js';

const AGES = [24, 72, 168]; // hours

interface IProps {
  readonly model: ReviewsModel;
  readonly trans: TranslationBundle;
}

export function Filters(props: IProps): JSX.Element {
  const { model, trans } = props;
  const { filter, words } = model;
  const labels: Record<Choice, string> = {
    waiting: trans.__('Waiting for a review'),
    mine: trans.__('Mine to review'),
    decided: trans.__('Decided'),
    all: trans.__('All')
  };
  const count = countOf(filter);
  return (
    <li className="platform-Reviews-filter">
      <Field
        label={trans.__('Which submissions')}
        value={filter.choice}
        choose={choice => model.choose({ choice: choice as Choice })}
      >
        {Object.entries(labels).map(([one, label]) => (
          <option key={one} value={one}>{label}</option>
        ))}
      </Field>
      <input
        type="search"
        aria-label={trans.__('Project or person')}
        placeholder={trans.__('Project or person')}
        value={words}
        onChange={event => model.search(event.target.value)}
      />
      <details>
        <summary>
          {count === 0 ? trans.__('Filters') : trans._n('%1 filter', '%1 filters', count)}
        </summary>
        <Fields {...props} />
      </details>
    </li>
  );
}

function Fields({ model, trans }: IProps): JSX.Element {
  const { filter, projects, learners, groups, reviewers } = model;
  return (
    <>
      <Field
        label={trans.__('Project')}
        value={filter.project}
        choose={project => model.choose({ project })}
      >
        <option value="">{trans.__('Any project')}</option>
        <Named names={[...projects]} />
      </Field>
      <Field
        label={trans.__('Submitted by')}
        value={filter.learner}
        choose={learner => model.choose({ learner })}
      >
        <option value="">{trans.__('Submitted by anybody')}</option>
        <Named names={[...learners]} />
      </Field>
      {groups.length > 0 && (
        <Field label={trans.__('Group')} value={filter.group} choose={group => model.choose({ group })}>
          <option value="">{trans.__('Any group')}</option>
          <Named names={groups.map(one => [one.id, one.name])} />
        </Field>
      )}
      {filter.choice !== 'mine' && (
        <Field
          label={trans.__('Reviewer')}
          value={filter.reviewer}
          choose={reviewer => model.choose({ reviewer })}
        >
          <option value="">{trans.__('Any reviewer')}</option>
          <option value={NOBODY}>{trans.__('Without a reviewer')}</option>
          <Named names={reviewers.map(one => [one.id, one.name])} />
        </Field>
      )}
      <Field
        label={trans.__('Age')}
        value={`${filter.hours}`}
        choose={hours => model.choose({ hours: Number(hours) })}
      >
        <option value="0">{trans.__('Any age')}</option>
        {AGES.map(hours => (
          <option key={hours} value={hours}>
            {trans._n('Nothing for %1 day', 'Nothing for %1 days', hours / 24)}
          </option>
        ))}
      </Field>
    </>
  );
}

function Named({ names }: { readonly names: readonly (readonly [string, string])[] }): JSX.Element {
  const sorted = [...names].sort(([, first], [, second]) => first.localeCompare(second));
  return <>{sorted.map(([id, name]) => <option key={id} value={id}>{name}</option>)}</>;
}

function Field(props: {
  readonly label: string;
  readonly value: string;
  readonly choose: (value: string) => Promise<void>;
  readonly children: ReactNode;
}): JSX.Element {
  const { label, value, choose, children } = props;
  return (
    <select aria-label={label} value={value} onChange={event => void choose(event.target.value)}>
      {children}
    </select>
  );
}
