import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { initialsOf, personFromIdentity } from '../src/account/model.js';
import { SessionWatch } from '../src/account/session.js';
import { ApiError } from '../src/server/refusal.js';

for (const [name, initials] of [
  ['Ada Lovelace', 'AL'],
  ['Maria del Carmen Soler', 'MS'],
  ['grace@example.org', 'G'],
  ['grace.hopper@example.org', 'GH'],
  ['李小龙', '李'],
  ['𝒜lice', '𝒜'],
  ['', '?'],
  ['   ', '?']
] as const) {
  test(`the initials of "${name}" are ${initials}`, () => {
    assert.equal(initialsOf(name), initials);
  });
}

test('a full identity is read', () => {
  const identity = {
    username: 'u-1',
    name: 'Ada Lovelace',
    email: 'ada@example.org',
    role: 'reviewer'
  };

  const person = personFromIdentity(identity);

  assert.equal(person.name, 'Ada Lovelace');
  assert.equal(person.email, 'ada@example.org');
  assert.equal(person.role, 'reviewer');
  assert.equal(person.hue, personFromIdentity(identity).hue);
});

test('who has no name is called by the e-mail address', () => {
  assert.equal(personFromIdentity({ name: '', email: 'ada@example.org' }).name, 'ada@example.org');
});

for (const identity of [null, 'root', [], { name: 5, role: 'owner' }]) {
  test(`an unreadable identity (${JSON.stringify(identity)}) gives the least of roles`, () => {
    assert.equal(personFromIdentity(identity).role, 'learner');
  });
}

const SIGNED_OUT = new ApiError({ status: 401, message: 'Sign in first.', reason: 'not_signed_in' });

/** A watch on a server that answers as told, and how often it found the session ended. */
async function endsAfter(t: TestContext, answers: readonly (Error | null)[]): Promise<number> {
  const left = [...answers];
  const watch = new SessionWatch({
    ask: async () => {
      const answer = left.shift() ?? null;
      if (answer !== null) {
        throw answer;
      }
    },
    channel: null
  });
  t.after(() => watch.dispose());
  let ends = 0;
  watch.ended.connect(() => (ends += 1));
  while (left.length > 0) {
    await watch.look();
  }
  return ends;
}

for (const [title, answers, ends] of [
  ['a session that stands does not end', [null, null], 0],
  ['an ended session is told once', [null, SIGNED_OUT, SIGNED_OUT], 1],
  ['who signs in again can be signed out again', [SIGNED_OUT, null, SIGNED_OUT], 2],
  ['a server that does not answer ends no session', [new TypeError('network')], 0]
] as const) {
  test(title, async t => {
    assert.equal(await endsAfter(t, answers), ends);
  });
}
