import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actsFrom, actText, actorText, changeText, NO_ACTS, type IActs } from '../src/admin/acts.js';
import { pointsOf } from '../src/admin/chart.js';
import {
  currentRoster,
  fits,
  groupsFrom,
  overviewFrom,
  rosterFrom,
  sandboxesFrom,
  usersFrom
} from '../src/admin/data.js';
import { AdminModel, type IAdminSource } from '../src/admin/model.js';

const trans = {
  __: (text: string, ...values: unknown[]) =>
    values.reduce<string>((made, value, at) => made.replace(`%${at + 1}`, String(value)), text)
} as Parameters<typeof changeText>[1];

const USERS = [{ id: 'u1', email: 'ada@example.org', name: '', role: 'admin', disabled: true }];

function sourceOf(changes: Partial<IAdminSource> = {}): IAdminSource {
  return {
    overview: async () => overviewFrom({}),
    sandboxes: async () => [],
    users: async () => usersFrom(USERS),
    groups: async () => [],
    acts: async () => NO_ACTS,
    roster: async () => rosterFrom({}),
    makeGroup: async () => undefined,
    renameGroup: async () => undefined,
    removeGroup: async () => undefined,
    setRoster: async () => undefined,
    stop: async () => undefined,
    change: async () => undefined,
    ...changes
  };
}

function modelOf(source: IAdminSource): AdminModel {
  return new AdminModel(source, reason => String((reason as Error).message));
}

test('the overview is read, and what is missing is nothing', () => {
  const overview = overviewFrom({
    sandboxes: { running: 3, starting: 1, most: 100 },
    pool: { waiting: 1, target: 2 },
    kernels: { idle: 4, busy: 1 },
    latencies: { save: { count: 2, p50_ms: 4.5, p95_ms: null } },
    ends: [{ what: 'kernel', cause: 'out_of_memory', count: 2 }, 'nonsense'],
    storage: { waiting: { files: 1, bytes: 10, since: 'x' } },
    history: [{ at: 'x', sandboxes: 3, cpu: 0.5, memory_bytes: 7, lag_ms: '?' }]
  });

  assert.deepEqual([overview.running, overview.kernels, overview.busyKernels], [3, 5, 1]);
  assert.deepEqual(overview.latencies, [{ operation: 'save', count: 2, p50: 4.5, p95: null }]);
  assert.deepEqual(overview.ends, [{ what: 'kernel', cause: 'out_of_memory', count: 2 }]);
  assert.deepEqual(overview.unstored, { files: 1, bytes: 10 });
  assert.equal(overview.history[0]?.lag, 0);
  assert.deepEqual(overviewFrom('nonsense').history, []);
});

test('a sandbox whose project is gone, and that was not looked at yet, is shown', () => {
  const [one] = sandboxesFrom([{ id: 's', project: { name: null }, owner: {}, usage: null }]);

  assert.equal(one?.project, '–');
  assert.equal(one?.owner, '–');
  assert.equal(one?.usage, null);
  assert.deepEqual(one?.cpuHistory, []);
});

test('somebody without a name is called by their address', () => {
  const [ada] = usersFrom(USERS);

  assert.equal(ada?.name, 'ada@example.org');
  assert.equal(ada?.isDisabled, true);
  assert.equal(ada?.lastSeenAt, null);
});

test('a group is read with how many are in it, and who', () => {
  const answer = [{ id: 'g', name: 'Statistics', counts: { members: 2, reviewers: 1 } }, null];
  const people = { members: [{ id: 'a' }, { id: 'b' }, 7], reviewers: null, version: 'v' };

  assert.deepEqual(groupsFrom(answer), [{ id: 'g', name: 'Statistics', members: 2, reviewers: 1 }]);
  assert.deepEqual(rosterFrom(people), {
    members: new Set(['a', 'b']),
    reviewers: new Set(),
    version: 'v'
  });
  assert.equal(rosterFrom({ version: 7 }).version, null);
});

test('who may not review any more is left out of the reviewers', () => {
  const users = usersFrom([{ id: 'a', role: 'learner' }, { id: 'b', role: 'reviewer' }]);
  const roster = { members: new Set(['a']), reviewers: new Set(['a', 'b', 'c']), version: 'v' };

  assert.deepEqual(currentRoster(roster, users), { ...roster, reviewers: new Set(['b']) });
});

test('a search wants all of its words, wherever they are', () => {
  assert.ok(fits('ADA thesis', 'thesis', 'Ada Lovelace'));
  assert.ok(fits('', 'anything'));
  assert.ok(!fits('ada other', 'thesis', 'Ada Lovelace'));
});

test('a chart goes from its left end to its right one, and from bottom to top', () => {
  assert.deepEqual(pointsOf([0, 10], 10), [[0, 27], [120, 1]]);
  assert.deepEqual(pointsOf([5], 10), [[0, 14], [120, 14]]);
  assert.deepEqual(pointsOf([], 1), []);
});

test('what was known stays when the server does not answer, and the page says so', async () => {
  let isAway = false;
  const users = async () => (isAway ? Promise.reject(new Error('away')) : usersFrom(USERS));
  const model = modelOf(sourceOf({ users }));
  await model.refresh();
  isAway = true;

  await model.refresh();

  assert.equal(model.known?.users.length, 1);
  assert.equal(model.problem, 'away');
  isAway = false;
  await model.refresh();
  assert.equal(model.problem, '');
});

test('a refusal is passed on, and what is so now is asked for', async () => {
  let asked = 0;
  const model = modelOf(
    sourceOf({
      change: async () => Promise.reject(new Error('the last admin')),
      users: async () => {
        asked += 1;
        return usersFrom(USERS);
      }
    })
  );
  const [ada] = usersFrom(USERS);
  assert.ok(ada);

  await assert.rejects(model.setRole(ada, 'learner'), /the last admin/);

  assert.equal(asked, 1);
});

function actsOf(numbers: readonly number[], next: number | null): IActs {
  return actsFrom({ acts: numbers.map(number => ({ number, act: 'group.make' })), next });
}

test('an act is put into words, and one that is not known has its name', () => {
  const [one, other, third] = actsFrom({
    acts: [
      {
        number: 2,
        actor: { id: 'a', name: 'ann@example.org', address: '192.0.2.1' },
        act: 'group.members',
        target: { kind: 'group', name: 'Statistics' },
        before: { people: 2, went: ['bob'] },
        after: { people: 2, came: ['eve', 'ida'], disabled: true }
      },
      { act: 'account.role', actor: { id: null, name: 'command line' }, before: { role: 'learner' }, after: { role: 'admin' } },
      { act: 'moon.paint', before: null, after: { memory_bytes: 2 ** 30 } }
    ]
  }).acts;
  assert.ok(one && other && third);
  assert.equal(actText(one.name, trans), 'Changed the members');
  assert.equal(actorText(one, trans), 'ann@example.org');
  assert.equal(changeText(one, trans), 'People: 2; Went: bob; Came: eve, ida');
  assert.equal(actorText(other, trans), 'The command line');
  assert.equal(changeText(other, trans), 'Role: Learner → Administrator');
  assert.equal(actText(third.name, trans), 'moon.paint');
  assert.equal(changeText(third, trans), 'Memory: 1.0 GB');
});

test('older acts are added to those that are known, and stay when newer ones come', async () => {
  const pages = [actsOf([5, 4], 4), actsOf([3, 2], 2), actsOf([6, 5], 5), actsOf([20, 19], 19)];
  const asked: unknown[] = [];
  const model = modelOf(
    sourceOf({
      acts: async before => {
        asked.push(before);
        return pages[asked.length - 1] ?? NO_ACTS;
      }
    })
  );
  const known = () => [model.known?.acts.acts.map(one => one.number), model.known?.acts.next];

  await model.moreActs(); // nothing is known yet
  await model.refresh();
  await model.moreActs();
  assert.deepEqual(known(), [[5, 4, 3, 2], 2]);
  await model.refresh();
  assert.deepEqual(known(), [[6, 5, 4, 3, 2], 2]);
  await model.refresh(); // some between are not known
  assert.deepEqual(known(), [[20, 19], 19]);
  assert.deepEqual(asked, [undefined, 4, undefined, undefined]);
});
