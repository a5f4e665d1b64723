/** The administration: what runs, who is there, how it goes. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { useState } from 'react';

import { attempted, confirmed, type Say } from './asking.js';
import type { ISandbox, IUser } from './data.js';
import { Figures, Tallies } from './figures.js';
import { groupDeedsOf } from './groupdeeds.js';
import { Groups } from './groups.js';
import type { AdminModel } from './model.js';
import { People } from './people.js';
import { Record } from './record.js';
import { Sandboxes } from './sandboxes.js';

const EVERY = 5000; // milliseconds; the server looks as often

/** What the parts are given. */
export interface IPartProps {
  readonly model: AdminModel;
  readonly trans: TranslationBundle;
}

/** What can be done; each asks before it does what cannot be undone, and says how it went. */
export interface IDeeds {
  stop(sandbox: ISandbox): void;
  setRole(user: IUser, role: IUser['role']): void;
  setDisabled(user: IUser, isDisabled: boolean): void;
}

/** Asks the server as long as it is on screen. */
export class AdminPage extends ReactWidget {
  constructor(private readonly _props: IPartProps) {
    super();
    this.id = 'platform-admin';
    this.addClass('platform-Admin');
    this.node.tabIndex = 0;
    this._poll = new Poll({
      auto: false,
      factory: () => this._props.model.refresh(),
      frequency: { interval: EVERY, backoff: false },
      standby: () => !this.isVisible || document.hidden
    });
  }

  override dispose(): void {
    this._poll.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this._poll.refresh();
  }

  protected override onAfterShow(): void {
    void this._poll.refresh();
  }

  protected override render(): JSX.Element {
    return <Page {...this._props} />;
  }

  private readonly _poll: Poll;
}

function Page(props: IPartProps): JSX.Element {
  const { model, trans } = props;
  const [said, say] = useState('');
  const [search, setSearch] = useState('');
  const deeds = deedsOf(props, say);
  const groupDeeds = groupDeedsOf(model, say, trans);
  return (
    <UseSignal signal={model.changed}>
      {() => {
        const { known, problem } = model;
        return (
          <>
            <h1>{trans.__('Administration')}</h1>
            <p className="platform-Admin-said" role="status">
              {problem || said}
            </p>
            {known === null ? (
              problem === '' && <p>{trans.__('Looking…')}</p>
            ) : (
              <>
                <Figures overview={known.overview} trans={trans} />
                <label className="platform-Admin-search">
                  {trans.__('Find a project, a person or a group')}
                  <input
                    type="search"
                    value={search}
                    onChange={event => setSearch(event.currentTarget.value)}
                  />
                </label>
                <Sandboxes sandboxes={known.sandboxes} search={search} deeds={deeds} trans={trans} />
                <People users={known.users} search={search} deeds={deeds} trans={trans} />
                <Groups
                  groups={known.groups}
                  users={known.users}
                  search={search}
                  deeds={groupDeeds}
                  trans={trans}
                />
                <Record
                  known={known.acts}
                  search={search}
                  more={() => void model.moreActs()}
                  trans={trans}
                />
                <Tallies overview={known.overview} trans={trans} />
              </>
            )}
          </>
        );
      }}
    </UseSignal>
  );
}

function deedsOf({ model, trans }: IPartProps, say: Say): IDeeds {
  const attempt = (deed: Promise<void>, done: string) => void attempted(deed, done, say, trans);
  return {
    stop: sandbox => {
      const what = trans.__('Stop the sandbox of “%1” (%2)?', sandbox.project, sandbox.owner);
      const why = trans.__('Its kernels and terminals end. Files are kept.');
      void confirmed(what, why, trans.__('Stop')).then(
        isSure =>
          isSure && attempt(model.stop(sandbox), trans.__('The sandbox of “%1” was stopped.', sandbox.project))
      );
    },
    setRole: (user, role) =>
      attempt(model.setRole(user, role), trans.__('The role of %1 was changed.', user.name)),
    setDisabled: (user, isDisabled) => {
      if (!isDisabled) {
        attempt(model.setDisabled(user, false), trans.__('%1 may sign in again.', user.name));
        return;
      }
      const what = trans.__('Disable the account of %1?', user.name);
      const why = trans.__('Whatever is open of it closes within seconds. It can be enabled again.');
      void confirmed(what, why, trans.__('Disable')).then(
        isSure => isSure && attempt(model.setDisabled(user, true), trans.__('%1 is shut out.', user.name))
      );
    }
  };
}
