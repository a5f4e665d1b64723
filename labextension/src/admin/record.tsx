/** What admins did: the newest, and those before as they are asked for. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { Honest, honest } from '../history/deceiving.js';
import { actorText, actText, changeText, type IActs } from './acts.js';
import { fits } from './data.js';
import { momentText } from './words.js';

const COLUMNS = 5;

interface IProps {
  readonly known: IActs;
  readonly search: string;
  /** Ask for those before. */
  readonly more: () => void;
  readonly trans: TranslationBundle;
}

export function Record({ known, search, more, trans }: IProps): JSX.Element {
  const rows = known.acts
    .map(act => ({
      act,
      who: actorText(act, trans),
      what: actText(act.name, trans),
      change: changeText(act, trans)
    }))
    .filter(({ act, who, what, change }) => fits(search, who, what, act.name, act.target, change));
  return (
    <>
      <table className="platform-Admin-acts">
        <caption>{trans.__('What administrators did')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('When')}</th>
            <th scope="col">{trans.__('Who')}</th>
            <th scope="col">{trans.__('What')}</th>
            <th scope="col">{trans.__('To what')}</th>
            <th scope="col">{trans.__('Before and after')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ act, who, what, change }) => (
            <tr key={act.number}>
              <td>
                <time dateTime={act.at}>{momentText(act.at)}</time>
              </td>
              <td>
                <Honest text={who} />
                {act.address !== '' && <small>{trans.__('from %1', honest(act.address))}</small>}
              </td>
              <td>{what}</td>
              <td>
                <Honest text={act.target} />
              </td>
              <td>
                <Honest text={change} />
              </td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={COLUMNS}>
                {known.acts.length === 0 ? trans.__('Nothing yet.') : trans.__('None fits.')}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {known.next !== null && (
        <button type="button" className="platform-Button platform-Admin-more" onClick={more}>
          {trans.__('Show what was before')}
        </button>
      )}
    </>
  );
}
