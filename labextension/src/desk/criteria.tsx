/** The fields of a rubric: its criteria in their order, each with its levels. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { honest } from '../history/deceiving.js';
import {
  levelField,
  LONGEST_TEXT,
  LONGEST_TITLE,
  MOST_CRITERIA,
  MOST_LEVELS,
  pointsField,
  titleField,
  type Draft,
  type ICriterionDraft,
  type ILevelDraft
} from './draft.js';
import { Field } from './field.js';
import type { RubricModel } from './rubric.js';

interface IProps {
  readonly model: RubricModel;
  readonly trans: TranslationBundle;
}

export function Criteria({ draft, model, trans }: IProps & { readonly draft: Draft }): JSX.Element {
  return (
    <>
      <ol className="platform-Desk-criteria">
        {draft.map((one, index) => (
          <Criterion
            key={one.id}
            criterion={one}
            number={index + 1}
            of={draft.length}
            model={model}
            trans={trans}
          />
        ))}
      </ol>
      {draft.length < MOST_CRITERIA ? (
        <button type="button" className="platform-Button" onClick={() => model.add()}>
          {trans.__('Add a criterion')}
        </button>
      ) : (
        <p>{trans.__('A rubric has at most %1 criteria.', MOST_CRITERIA)}</p>
      )}
    </>
  );
}

interface ICriterionProps extends IProps {
  readonly criterion: ICriterionDraft;
  /** Its place, from 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
}

function Criterion(props: ICriterionProps): JSX.Element {
  const { criterion, number, model, trans } = props;
  const { id, title, text, points } = criterion;
  return (
    <li>
      <fieldset>
        <legend>{trans.__('Criterion %1', number)}</legend>
        <div className="platform-Desk-line">
          <Field
            model={model}
            name={titleField(id)}
            label={trans.__('Title')}
            value={title}
            write={value => model.change(id, { title: value })}
            longest={LONGEST_TITLE}
            trans={trans}
          />
          <Field
            model={model}
            name={pointsField(id)}
            label={trans.__('Points at most')}
            value={points}
            write={value => model.change(id, { points: value })}
            longest={12}
            isNumber
            trans={trans}
          />
        </div>
        <Field
          model={model}
          name={`${id}/text`}
          label={trans.__('What it asks for')}
          value={text}
          write={value => model.change(id, { text: value })}
          longest={LONGEST_TEXT}
          lines={2}
          trans={trans}
        />
        <Levels {...props} />
        <Order {...props} />
      </fieldset>
    </li>
  );
}

/** Where a criterion is moved and removed. */
function Order({ criterion, number, of, model, trans }: ICriterionProps): JSX.Element {
  const { id } = criterion;
  const title = honest(criterion.title) || trans.__('criterion %1', number);
  return (
    <div className="platform-Desk-order">
      <button
        type="button"
        className="platform-Link"
        data-field={`${id}/up`}
        disabled={number === 1}
        aria-label={trans.__('Move up: %1', title)}
        onClick={() => model.move(id, -1)}
      >
        {trans.__('Move up')}
      </button>
      <button
        type="button"
        className="platform-Link"
        data-field={`${id}/down`}
        disabled={number === of}
        aria-label={trans.__('Move down: %1', title)}
        onClick={() => model.move(id, 1)}
      >
        {trans.__('Move down')}
      </button>
      <button
        type="button"
        className="platform-Link"
        aria-label={trans.__('Remove: %1', title)}
        onClick={() => model.remove(id)}
      >
        {trans.__('Remove')}
      </button>
    </div>
  );
}

function Levels({ criterion, number, model, trans }: ICriterionProps): JSX.Element {
  const { id, levels } = criterion;
  const title = honest(criterion.title) || trans.__('criterion %1', number);
  return (
    <div role="group" aria-label={trans.__('Levels of %1', title)}>
      <p>
        {levels.length === 0
          ? trans.__('Any points up to that can be given.')
          : trans.__('Only the points of these levels can be given:')}
      </p>
      {levels.length > 0 && (
        <ul className="platform-Desk-levels">
          {levels.map((one, index) => (
            <Level key={one.key} id={id} level={one} number={index + 1} model={model} trans={trans} />
          ))}
        </ul>
      )}
      {levels.length < MOST_LEVELS && (
        <button
          type="button"
          className="platform-Link"
          aria-label={trans.__('Add a level to %1', title)}
          onClick={() => model.addLevel(id)}
        >
          {trans.__('Add a level')}
        </button>
      )}
    </div>
  );
}

interface ILevelProps extends IProps {
  /** Of the criterion. */
  readonly id: string;
  readonly level: ILevelDraft;
  readonly number: number;
}

function Level({ id, level, number, model, trans }: ILevelProps): JSX.Element {
  const { key, points, text } = level;
  return (
    <li className="platform-Desk-line">
      <Field
        model={model}
        name={levelField(id, key)}
        label={trans.__('Points of level %1', number)}
        value={points}
        write={value => model.changeLevel(id, key, { points: value })}
        longest={12}
        isNumber
        trans={trans}
      />
      <Field
        model={model}
        name={`${levelField(id, key)}/text`}
        label={trans.__('What level %1 takes', number)}
        value={text}
        write={value => model.changeLevel(id, key, { text: value })}
        longest={LONGEST_TEXT}
        trans={trans}
      />
      <button
        type="button"
        className="platform-Link"
        aria-label={trans.__('Remove level %1', number)}
        onClick={() => model.removeLevel(id, key)}
      >
        {trans.__('Remove')}
      </button>
    </li>
  );
}
