/** All groups: how many are in them, and where their people are chosen. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type FormEvent } from 'react';

import { currentRoster, fits, mayReview, type IGroup, type IRoster, type IUser } from './data.js';
import type { IGroupDeeds } from './groupdeeds.js';
import { Picker } from './picker.js';

const COLUMNS = 4;

interface IProps {
  readonly groups: readonly IGroup[];
  readonly users: readonly IUser[];
  readonly search: string;
  readonly deeds: IGroupDeeds;
  readonly trans: TranslationBundle;
}

export function Groups({ groups, users, search, deeds, trans }: IProps): JSX.Element {
  const found = groups.filter(one => fits(search, one.name));
  return (
    <>
      <table className="platform-Admin-groups">
        <caption>{trans.__('Groups (%1)', groups.length)}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Members')}</th>
            <th scope="col">{trans.__('Reviewers')}</th>
            <th scope="col">{trans.__('Change')}</th>
          </tr>
        </thead>
        <tbody>
          {found.map(one => (
            <Row key={one.id} group={one} users={users} deeds={deeds} trans={trans} />
          ))}
          {found.length === 0 && (
            <tr>
              <td colSpan={COLUMNS}>{groups.length === 0 ? trans.__('None.') : trans.__('None fits.')}</td>
            </tr>
          )}
        </tbody>
      </table>
      <NewGroup deeds={deeds} trans={trans} />
    </>
  );
}

function NewGroup({ deeds, trans }: Pick<IProps, 'deeds' | 'trans'>): JSX.Element {
  const [name, setName] = useState('');
  const make = (event: FormEvent) => {
    event.preventDefault();
    void deeds.make(name.trim()).then(isMade => isMade && setName(''));
  };
  return (
    <form className="platform-Admin-new" onSubmit={make}>
      <label>
        {trans.__('New group')}
        <input
          type="text"
          required
          maxLength={100}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" className="platform-Button">
        {trans.__('Make the group')}
      </button>
    </form>
  );
}

interface IRowProps {
  readonly group: IGroup;
  readonly users: readonly IUser[];
  readonly deeds: IGroupDeeds;
  readonly trans: TranslationBundle;
}

function Row(props: IRowProps): JSX.Element {
  const { group, deeds, trans } = props;
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <>
      <tr>
        <th scope="row">{group.name}</th>
        <td>{group.members}</td>
        <td>{group.reviewers === 0 ? trans.__('None: it changes nothing') : group.reviewers}</td>
        <td>
          <div className="platform-Admin-buttons">
            <button
              ref={opener}
              type="button"
              className="platform-Button"
              aria-expanded={isOpen}
              aria-label={trans.__('People of “%1”', group.name)}
              onClick={() => (isOpen ? close() : setOpen(true))}
            >
              {trans.__('People')}
            </button>
            <button
              type="button"
              className="platform-Button"
              aria-label={trans.__('Rename “%1”', group.name)}
              onClick={() => void deeds.rename(group)}
            >
              {trans.__('Rename')}
            </button>
            <button
              type="button"
              className="platform-Button"
              aria-label={trans.__('Remove “%1”', group.name)}
              onClick={() => void deeds.remove(group)}
            >
              {trans.__('Remove')}
            </button>
          </div>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={COLUMNS}>
            <Editor {...props} close={close} />
          </td>
        </tr>
      )}
    </>
  );
}

function Editor({ group, users, deeds, trans, close }: IRowProps & { readonly close: () => void }): JSX.Element {
  const [roster, setRoster] = useState<IRoster | null>(null);
  const [gone, setGone] = useState(0);
  const [isStale, setStale] = useState(false);
  const [aside, setAside] = useState<IRoster | null>(null);
  const isThere = useRef(true);
  const load = async () => {
    const found = await deeds.roster(group);
    if (isThere.current && found !== null) {
      const current = currentRoster(found, users);
      setAside(roster);
      setRoster(current);
      setGone(found.reviewers.size - current.reviewers.size);
      setStale(false);
    }
  };
  useEffect(() => {
    isThere.current = true;
    void load();
    return () => {
      isThere.current = false;
    };
  }, [group.id]);
  const keep = async (wanted: IRoster) => {
    const fate = await deeds.keep(group, wanted);
    if (isThere.current) {
      setStale(fate === 'stale');
      if (fate === 'kept') {
        close();
      }
    }
  };
  if (roster === null) {
    return <p>{trans.__('Looking…')}</p>;
  }
  const isChoice = (one: IUser, chosen: ReadonlySet<string>) => !one.isDisabled || chosen.has(one.id);
  const { members, reviewers } = roster;
  return (
    <div
      className="platform-Admin-roster"
      role="group"
      aria-label={trans.__('People of “%1”', group.name)}
      onKeyDown={event => event.key === 'Escape' && close()}
    >
      <Picker
        label={trans.__('Members')}
        find={trans.__('Find a member')}
        people={users.filter(one => isChoice(one, members))}
        chosen={members}
        choose={chosen => setRoster({ ...roster, members: chosen })}
        isFirst
        trans={trans}
      />
      <Picker
        label={trans.__('Reviewers')}
        find={trans.__('Find a reviewer')}
        people={users.filter(one => isChoice(one, reviewers) && mayReview(one))}
        chosen={reviewers}
        choose={chosen => setRoster({ ...roster, reviewers: chosen })}
        trans={trans}
      />
      <p>
        {trans.__(
          'What the members submit is seen and reviewed by these reviewers and by administrators alone, unless a project names reviewers of its own.'
        )}
      </p>
      {gone > 0 && (
        <p className="platform-mod-warning">
          {trans._n(
            '%1 of the reviewers may not review any more, and is left out when you save.',
            '%1 of the reviewers may not review any more, and are left out when you save.',
            gone
          )}
        </p>
      )}
      {isStale && (
        <div className="platform-Admin-buttons" role="alert">
          <span>{trans.__('Somebody else changed who is in this group. Yours is not saved.')}</span>
          <button type="button" className="platform-Button" onClick={() => void load()}>
            {trans.__('Load the newer one')}
          </button>
        </div>
      )}
      {aside !== null && (
        <div className="platform-Admin-buttons" role="status">
          <span>{trans.__('This is what somebody else saved.')}</span>
          <button
            type="button"
            className="platform-Button"
            autoFocus
            onClick={() => {
              setRoster({ ...aside, version: roster.version });
              setAside(null);
            }}
          >
            {trans.__('Put back what I chose')}
          </button>
        </div>
      )}
      <div className="platform-Admin-buttons">
        <button
          type="button"
          className="platform-Button"
          onClick={() => void keep(roster)}
        >
          {trans.__('Save')}
        </button>
        <button type="button" className="platform-Button" onClick={close}>
          {trans.__('Cancel')}
        </button>
      </div>
    </div>
  );
}
