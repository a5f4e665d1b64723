/** What an admin does with groups: each deed asks if it must, and says how it went. */

import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isStale } from '../server/refusal.js';
import { wordsOf } from '../server/words.js';
import { attempted, confirmed, type Say } from './asking.js';
import type { IGroup, IRoster } from './data.js';
import type { AdminModel } from './model.js';

export interface IGroupDeeds {
  /** Resolves with whether it was made. */
  make(name: string): Promise<boolean>;
  rename(group: IGroup): Promise<void>;
  remove(group: IGroup): Promise<void>;
  /** Null if it cannot be known. */
  roster(group: IGroup): Promise<IRoster | null>;
  /** Resolves with what became of it. */
  keep(group: IGroup, roster: IRoster): Promise<Fate>;
}

/** Of what was to be kept; `stale`: somebody else changed it meanwhile. */
export type Fate = 'kept' | 'stale' | 'refused';

export function groupDeedsOf(model: AdminModel, say: Say, trans: TranslationBundle): IGroupDeeds {
  const attempt = (deed: Promise<unknown>, done: string) => attempted(deed, done, say, trans);
  return {
    make: name => attempt(model.makeGroup(name), trans.__('The group “%1” was made.', name)),
    rename: async group => {
      const answer = await InputDialog.getText({
        title: trans.__('Rename the group “%1”', group.name),
        label: trans.__('Name'),
        text: group.name,
        okLabel: trans.__('Rename')
      });
      if (answer.button.accept && answer.value !== null && answer.value !== group.name) {
        const done = trans.__('The group is called “%1” now.', answer.value);
        await attempt(model.renameGroup(group, answer.value), done);
      }
    },
    remove: async group => {
      const what = trans.__('Remove the group “%1”?', group.name);
      const why = trans.__(
        'Its people, and what they made, stay. What its members submitted is then seen by the reviewers of their other groups, or by every reviewer.'
      );
      if (await confirmed(what, why, trans.__('Remove'))) {
        await attempt(model.removeGroup(group), trans.__('The group “%1” was removed.', group.name));
      }
    },
    roster: async group => {
      try {
        return await model.roster(group);
      } catch (reason) {
        say(wordsOf(reason, trans));
        return null;
      }
    },
    keep: async (group, roster) => {
      try {
        await model.setRoster(group, roster);
        say(trans.__('The people of “%1” were changed.', group.name));
        return 'kept';
      } catch (reason) {
        say(wordsOf(reason, trans));
        return isStale(reason) ? 'stale' : 'refused';
      }
    }
  };
}
