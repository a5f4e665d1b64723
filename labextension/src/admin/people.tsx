/** All accounts: their roles, and whether they may sign in. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Role } from '../account/model.js';
import { fits, type IUser } from './data.js';
import type { IDeeds } from './widget.js';
import { momentText } from './words.js';

const MOST = 200; // rows; whoever looks for somebody beyond them searches

interface IProps {
  readonly users: readonly IUser[];
  readonly search: string;
  readonly deeds: IDeeds;
  readonly trans: TranslationBundle;
}

export function People({ users, search, deeds, trans }: IProps): JSX.Element {
  const found = users.filter(one => fits(search, one.name, one.email, one.role));
  return (
    <>
      <table className="platform-Admin-people">
        <caption>{trans.__('People (%1)', users.length)}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('E-mail')}</th>
            <th scope="col">{trans.__('Role')}</th>
            <th scope="col">{trans.__('Last seen')}</th>
            <th scope="col">{trans.__('Sandboxes')}</th>
            <th scope="col">{trans.__('Account')}</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, MOST).map(one => (
            <Row key={one.id} user={one} deeds={deeds} trans={trans} />
          ))}
        </tbody>
      </table>
      {found.length > MOST && (
        <p>{trans.__('The first %1 of %2 are shown: search for the others.', MOST, found.length)}</p>
      )}
    </>
  );
}

interface IRowProps {
  readonly user: IUser;
  readonly deeds: IDeeds;
  readonly trans: TranslationBundle;
}

function Row({ user, deeds, trans }: IRowProps): JSX.Element {
  const roles: readonly (readonly [Role, string])[] = [
    ['learner', trans.__('Learner')],
    ['reviewer', trans.__('Reviewer')],
    ['admin', trans.__('Administrator')]
  ];
  return (
    <tr className={user.isDisabled ? 'platform-mod-disabled' : ''}>
      <th scope="row">{user.name}</th>
      <td>{user.email}</td>
      <td>
        <select
          aria-label={trans.__('Role of %1', user.name)}
          value={user.role}
          onChange={event => deeds.setRole(user, event.currentTarget.value as Role)}
        >
          {roles.map(([role, text]) => (
            <option key={role} value={role}>
              {text}
            </option>
          ))}
        </select>
      </td>
      <td>{momentText(user.lastSeenAt)}</td>
      <td>{user.sandboxes}</td>
      <td>
        <button
          type="button"
          className="platform-Button"
          aria-label={
            user.isDisabled
              ? trans.__('Enable the account of %1', user.name)
              : trans.__('Disable the account of %1', user.name)
          }
          onClick={() => deeds.setDisabled(user, !user.isDisabled)}
        >
          {user.isDisabled ? trans.__('Enable') : trans.__('Disable')}
        </button>
      </td>
    </tr>
  );
}
