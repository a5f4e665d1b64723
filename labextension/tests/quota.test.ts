import assert from 'node:assert/strict';
import { test } from 'node:test';

import { importedFrom } from '../src/archives/restapi.js';
import { CheckedSaves } from '../src/projects/saving.js';
import { levelOf, QuotaModel, shareOf, usageFrom, type IUsage } from '../src/quota/model.js';

function usage(bytes: number, files = 1, notKept = 0): IUsage {
  const left = { files: notKept, bytes: 0, paths: [] };
  return { bytes, files, most: { bytes: 1000, files: 10 }, notKept: left };
}

test('the usage in a project is read', () => {
  const limits = { bytes: 10, files: 2 };
  const project = { usage: { bytes: 5, files: 1, limits, not_kept: { files: 1, paths: ['a', 3] } } };

  assert.deepEqual(usageFrom(project), {
    bytes: 5,
    files: 1,
    most: limits,
    notKept: { files: 1, bytes: 0, paths: ['a'] }
  });
  assert.equal(usageFrom({}), null);
});

test('the fuller of bytes and files counts, and no limit is no share', () => {
  assert.equal(shareOf(usage(500, 9)), 0.9);
  assert.equal(shareOf({ ...usage(500), most: { bytes: 0, files: 0 } }), 0);
});

for (const [one, level] of [
  [usage(899), 'fine'],
  [usage(900), 'nearly full'],
  [usage(1, 10), 'full'],
  [usage(1, 1, 3), 'full']
] as const) {
  test(`${one.bytes} bytes, ${one.files} files and ${one.notKept.files} not kept are ${level}`, () => {
    assert.equal(levelOf(one), level);
  });
}

test('that a project gets fuller is told once a level, and again after it was emptier', async () => {
  const states = [usage(1), usage(910), usage(920), usage(1000), usage(1), usage(950)];
  const told: number[] = [];
  const model = new QuotaModel(async () => states.shift() ?? null);
  model.rose.connect((_, one) => told.push(one.bytes));
  model.follow('thesis');

  for (let time = 0; time < 7; time += 1) {
    await model.refresh();
  }

  assert.deepEqual(told, [910, 1000, 950]);
});

test('a server that does not answer leaves what was shown', async () => {
  let isAway = false;
  const model = new QuotaModel(async () => (isAway ? Promise.reject(new Error('away')) : usage(5)));
  model.follow('thesis');
  await model.refresh();
  isAway = true;
  await model.refresh();

  assert.equal(model.usage?.bytes, 5);
});

test('what an import did is read', () => {
  assert.deepEqual(importedFrom({ files: 2, bytes: 3 }), { files: 2, unchanged: 0, bytes: 3 });
});

test('a check of a file holds for one save', () => {
  const saves = new CheckedSaves();
  const model = { hash: 'abc' } as Parameters<CheckedSaves['note']>[1];
  saves.note('a', model);

  assert.deepEqual([saves.take('a'), saves.take('a'), saves.take('b')], ['abc', null, null]);
});

test('what has no hash is saved unconditionally', () => {
  const saves = new CheckedSaves();
  saves.note('a', { hash: 'abc' } as Parameters<CheckedSaves['note']>[1]);
  saves.note('a', { hash: null } as unknown as Parameters<CheckedSaves['note']>[1]);

  assert.equal(saves.take('a'), null);
});
