import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ALL_STORED,
  isOnServerOnly,
  storageFromAnswer,
  StorageModel,
  type IStorage
} from '../src/storage/model.js';

function project(files: number, since: string | null) {
  return { id: 'p', label: 'thesis', stored: 'server', waiting: { files, bytes: 9, since } };
}

test('what waits in all projects is added up, since the oldest', () => {
  const projects = [project(2, '2026-01-01T14:03:00+00:00'), project(1, '2026-01-01T13:00:00+00:00')];

  const storage = storageFromAnswer({ stored: 'server', projects });

  assert.equal(storage.files, 3);
  assert.equal(storage.since?.toISOString(), '2026-01-01T13:00:00.000Z');
});

for (const answer of [
  null,
  {},
  { projects: [] },
  { projects: 'none' },
  { projects: [null, { waiting: 3 }, project(0, null), project(1, 'yesterday')] }
]) {
  test(`${JSON.stringify(answer)} says that nothing waits`, () => {
    assert.deepEqual(storageFromAnswer(answer), ALL_STORED);
  });
}

test('a save says whether the store has it', () => {
  const models = [{ stored: 'server' }, { stored: 'project' }, {}, null];

  assert.deepEqual(models.map(isOnServerOnly), [true, false, false, false]);
});

test('it is asked again while something waits, and not any more afterwards', async () => {
  const waiting: IStorage = { files: 1, since: new Date(0) };
  const answers = [waiting, new Error('503'), waiting, ALL_STORED];
  const pending: (() => void)[] = [];
  const model = new StorageModel({
    ask: async () => {
      const answer = answers.shift();
      if (!answer || answer instanceof Error) {
        throw answer ?? new Error('asked too often');
      }
      return answer;
    },
    later: again => void pending.push(again)
  });
  const seen: (Date | null)[] = [];
  model.changed.connect(() => void seen.push(model.storage.since));

  await model.refresh();
  await model.refresh(); // an event in between, and no answer
  assert.equal(pending.length, 1);
  assert.deepEqual(model.storage, waiting);
  while (pending.length > 0) {
    pending.shift()?.();
    await new Promise(resolve => setImmediate(resolve));
  }

  assert.deepEqual(seen, [waiting.since, waiting.since, null]);
  assert.equal(answers.length, 0);
});
