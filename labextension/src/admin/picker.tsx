/** Where people are chosen from a long list: boxes to tick, and a search. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { fits, type IUser } from './data.js';

const MOST = 200; // lines; whoever looks for somebody beyond them searches

interface IProps {
  readonly label: string;
  /** What the search is called. */
  readonly find: string;
  /** Who can be chosen; those that are chosen at first come first. */
  readonly people: readonly IUser[];
  readonly chosen: ReadonlySet<string>;
  readonly choose: (chosen: ReadonlySet<string>) => void;
  /** Whether the keyboard's focus is in it at first. */
  readonly isFirst?: boolean;
  readonly trans: TranslationBundle;
}

export function Picker({ label, find, people, chosen, choose, isFirst, trans }: IProps): JSX.Element {
  const [search, setSearch] = useState('');
  const [before] = useState(chosen); // so that nobody moves away below the pointer
  const found = sorted(people, before).filter(one => fits(search, one.name, one.email));
  const toggle = (id: string) => {
    const now = new Set(chosen);
    if (!now.delete(id)) {
      now.add(id);
    }
    choose(now);
  };
  return (
    <fieldset className="platform-Picker">
      <legend>{trans.__('%1 (%2)', label, chosen.size)}</legend>
      <input
        type="search"
        aria-label={find}
        placeholder={find}
        autoFocus={isFirst === true}
        value={search}
        onChange={event => setSearch(event.currentTarget.value)}
      />
      <ul>
        {found.slice(0, MOST).map(one => (
          <li key={one.id}>
            <label>
              <input type="checkbox" checked={chosen.has(one.id)} onChange={() => toggle(one.id)} />
              <span>{one.name}</span> <small>{one.email}</small>
            </label>
          </li>
        ))}
        {found.length === 0 && <li>{trans.__('Nobody fits.')}</li>}
      </ul>
      {found.length > MOST && (
        <p>{trans.__('The first %1 of %2 are shown: search for the others.', MOST, found.length)}</p>
      )}
    </fieldset>
  );
}

function sorted(people: readonly IUser[], first: ReadonlySet<string>): readonly IUser[] {
  return [...people].sort(
    (one, other) =>
      Number(first.has(other.id)) - Number(first.has(one.id)) || one.name.localeCompare(other.name)
  );
}
