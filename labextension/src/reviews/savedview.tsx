/** The saved comments, below the field that one is put into. */

import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { Honest } from '../history/deceiving.js';
import type { SavedComments } from './saved.js';

interface IProps {
  readonly saved: SavedComments;
  /** What is being written. */
  readonly text: string;
  readonly insert: (body: string) => void;
  readonly trans: TranslationBundle;
}

export function Saved(props: IProps): JSX.Element {
  const { saved, trans } = props;
  const look = (isOpen: boolean) => {
    if (isOpen) {
      void saved.refresh();
    }
  };
  return (
    <details className="platform-Saved" onToggle={event => look(event.currentTarget.open)}>
      <summary>{trans.__('Saved comments')}</summary>
      <UseSignal signal={saved.changed}>{() => <List {...props} />}</UseSignal>
    </details>
  );
}

function List({ saved, text, insert, trans }: IProps): JSX.Element {
  const { all, problem } = saved;
  return (
    <>
      {problem !== '' && <p role="alert">{problem}</p>}
      <ul>
        {all?.map(one => (
          <li key={one.id}>
            <button
              type="button"
              className="platform-Link"
              title={one.body}
              aria-label={trans.__('Insert: %1', one.title)}
              onClick={() => insert(one.body)}
            >
              <Honest text={one.title} />
            </button>
            <button
              type="button"
              className="platform-Link"
              title={trans.__('Delete')}
              aria-label={trans.__('Delete: %1', one.title)}
              onClick={() => void saved.drop(one.id)}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {all?.length === 0 && <p role="status">{trans.__('You have saved none.')}</p>}
      <button
        type="button"
        className="platform-Link"
        disabled={text.trim() === ''}
        onClick={() => void saved.save(text.trim())}
      >
        {trans.__('Save what is written')}
      </button>
    </>
  );
}
