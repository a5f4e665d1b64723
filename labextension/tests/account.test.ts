import assert from 'node:assert/strict';
import { test } from 'node:test';

import { initialsOf, personFromIdentity } from '../src/account/model.js';

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
