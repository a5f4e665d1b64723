/** A field with a label, and below it what is wrong with what stands there. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useId } from 'react';

import type { RubricModel } from './rubric.js';
import { problemText } from './words.js';

interface IProps {
  readonly model: RubricModel;
  /** What it is called in the model. */
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly write: (value: string) => void;
  readonly longest?: number;
  /** How many lines it has; 1 unless it is said. */
  readonly lines?: number;
  readonly isNumber?: boolean;
  readonly trans: TranslationBundle;
}

export function Field(props: IProps): JSX.Element {
  const { model, name, label, value, write, longest, lines = 1, isNumber = false, trans } = props;
  const id = useId();
  const problem = model.problems.get(name);
  const common = {
    id,
    value,
    'data-field': name,
    'aria-invalid': problem !== undefined,
    'aria-describedby': problem === undefined ? undefined : `${id}-problem`,
    maxLength: longest,
    onBlur: () => model.leave(name)
  };
  return (
    <div className={`platform-Desk-field${isNumber ? ' platform-mod-number' : ''}`}>
      <label htmlFor={id}>{label}</label>
      {lines > 1 ? (
        <textarea {...common} rows={lines} onChange={event => write(event.target.value)} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={isNumber ? 'decimal' : undefined}
          onChange={event => write(event.target.value)}
        />
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="platform-Desk-wrong">
          {problemText(problem, trans)}
        </p>
      )}
    </div>
  );
}
