/** The user menu at the right end of the top bar. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type CSSProperties } from 'react';

import type { IPerson, Role } from './model.js';

/** A line of the menu that leads somewhere. */
export interface IMenuLink {
  readonly label: string;
  readonly open: () => void;
}

export namespace UserMenu {
  export interface IOptions {
    readonly person: IPerson;
    readonly links: readonly IMenuLink[];
    readonly trans: TranslationBundle;
  }
}

/** An avatar that opens a panel: who I am, and what I can do about it. */
export class UserMenu extends ReactWidget {
  constructor(private readonly _options: UserMenu.IOptions) {
    super();
    this.id = 'platform-user-menu';
    this.addClass('platform-UserMenu');
  }

  protected override render(): JSX.Element {
    return <Menu {...this._options} />;
  }
}

function Menu({ person, links, trans }: UserMenu.IOptions): JSX.Element {
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const node = panel.current;
    // The browser closes the panel by itself: on Escape, and on a click anywhere else.
    const follow = (event: Event) => setOpen((event as ToggleEvent).newState === 'open');
    node?.addEventListener('toggle', follow);
    return () => node?.removeEventListener('toggle', follow);
  }, []);
  const choose = (link: IMenuLink) => {
    panel.current?.hidePopover();
    link.open();
  };
  return (
    <>
      <button
        type="button"
        className="platform-UserMenu-button"
        aria-label={trans.__('Account of %1', person.name)}
        aria-expanded={isOpen}
        title={person.name}
        {...{ popovertarget: PANEL_ID }}
      >
        <Avatar person={person} />
      </button>
      <div
        ref={panel}
        id={PANEL_ID}
        className="platform-UserMenu-panel"
        {...{ popover: 'auto' }}
      >
        <Card person={person} trans={trans} />
        <ul>
          {links.map(link => (
            <li key={link.label}>
              <button type="button" onClick={() => choose(link)}>
                {link.label}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

const PANEL_ID = 'platform-user-menu-panel';

function Avatar({ person }: { readonly person: IPerson }): JSX.Element {
  const style = { '--platform-avatar-hue': person.hue } as CSSProperties;
  return (
    <span className="platform-Avatar" style={style} aria-hidden="true">
      {person.initials}
    </span>
  );
}

function Card(props: { readonly person: IPerson; readonly trans: TranslationBundle }): JSX.Element {
  const { person, trans } = props;
  return (
    <div className="platform-UserMenu-card">
      <Avatar person={person} />
      <div>
        <strong>{person.name}</strong>
        {person.email !== person.name && <span>{person.email}</span>}
        <span className="platform-UserMenu-role">{roleLabel(person.role, trans)}</span>
      </div>
    </div>
  );
}

function roleLabel(role: Role, trans: TranslationBundle): string {
  switch (role) {
    case 'learner':
      return trans.__('Learner');
    case 'reviewer':
      return trans.__('Reviewer');
    case 'admin':
      return trans.__('Administrator');
  }
}
