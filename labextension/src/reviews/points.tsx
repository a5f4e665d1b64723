/** Points for the criteria of a rubric: given with a decision, and shown afterwards. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { Honest, honest } from '../history/deceiving.js';
import { pointsFrom, sumOf, type Chosen, type ICriterion, type IScore } from './rubric.js';

interface IPointsProps {
  readonly criteria: readonly ICriterion[];
  readonly chosen: Chosen;
  readonly choose: (chosen: Chosen) => void;
  readonly trans: TranslationBundle;
}

/** The fields in which points are given; nothing without a rubric. */
export function Points({ criteria, chosen, choose, trans }: IPointsProps): JSX.Element | null {
  if (criteria.length === 0) {
    return null;
  }
  const given = criteria.flatMap(({ id }) => chosen.get(id)?.points ?? []);
  const sum = sumOf(given);
  const most = sumOf(criteria.map(one => one.points));
  return (
    <details className="platform-Points" open>
      <summary>{trans.__('Points: %1 of %2', sum, most)}</summary>
      <ul>
        {criteria.map(one => (
          <Criterion key={one.id} criterion={one} chosen={chosen} choose={choose} trans={trans} />
        ))}
      </ul>
    </details>
  );
}

function Criterion(
  props: Omit<IPointsProps, 'criteria'> & { readonly criterion: ICriterion }
): JSX.Element {
  const { criterion, chosen, choose, trans } = props;
  const { id, title, text, points: most } = criterion;
  const { points, note } = chosen.get(id) ?? { points: null, note: '' };
  const set = (changed: { points?: number | null; note?: string }) =>
    choose(new Map(chosen).set(id, { points, note, ...changed }));
  return (
    <li>
      <div>
        <span><Honest text={title} /></span>
        <PointsField criterion={criterion} points={points} set={one => set({ points: one })} trans={trans} />
        <span>{trans.__('of %1', most)}</span>
      </div>
      <input
        type="text"
        value={note}
        aria-label={trans.__('Note on %1', honest(title))}
        placeholder={trans.__('Note')}
        onChange={event => set({ note: event.target.value })}
      />
      {text !== '' && <p><Honest text={text} /></p>}
    </li>
  );
}

interface IFieldProps {
  readonly criterion: ICriterion;
  readonly points: number | null;
  readonly set: (points: number | null) => void;
  readonly trans: TranslationBundle;
}

function PointsField({ criterion, points, set, trans }: IFieldProps): JSX.Element {
  const { title, levels, points: most } = criterion;
  const label = trans.__('Points for %1', honest(title));
  const [text, setText] = useState(points === null ? '' : `${points}`);
  const take = (value: string) => {
    setText(value);
    set(pointsFrom(value, most));
  };
  if (levels.length === 0) {
    return (
      <input
        type="number"
        min={0}
        max={most}
        step="any"
        aria-label={label}
        value={text}
        aria-invalid={text !== '' && points === null}
        onChange={event => take(event.target.value)}
      />
    );
  }
  return (
    <select aria-label={label} value={text} onChange={event => take(event.target.value)}>
      <option value="">{trans.__('none')}</option>
      {levels.map(one => (
        <option key={one.points} value={one.points}>
          {one.text === '' ? one.points : `${one.points}: ${honest(one.text)}`}
        </option>
      ))}
    </select>
  );
}

/** The points that were given with a decision. */
export function Scores(props: {
  readonly scores: readonly IScore[];
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { scores, trans } = props;
  if (scores.length === 0) {
    return null;
  }
  const sum = sumOf(scores.map(one => one.points));
  const most = sumOf(scores.map(one => one.most));
  return (
    <details className="platform-Points" open>
      <summary>{trans.__('Points: %1 of %2', sum, most)}</summary>
      <ul>
        {scores.map(one => (
          <li key={one.criterion}>
            <span><Honest text={one.title} /></span>
            <strong>{trans.__('%1 of %2', one.points, one.most)}</strong>
            {one.note !== '' && <q><Honest text={one.note} /></q>}
          </li>
        ))}
      </ul>
    </details>
  );
}
