import assert from 'node:assert/strict';
import { test } from 'node:test';

import { endingFromKernel, ToldEndings } from '../src/endings/model.js';

test('the end of a kernel is read', () => {
  const told = { cause: 'out_of_memory', at: '2026-01-01T00:00:00+00:00', detail: 'Too much.' };
  const evidence = {
    memory_peak_bytes: 5,
    memory_limit_bytes: 6,
    pids_peak: 7,
    pids_limit: 8,
    oom_kills: 1
  };

  assert.deepEqual(endingFromKernel({ id: 'k', ended: told }), { ...told, evidence: null });
  assert.deepEqual(endingFromKernel({ id: 'k', ended: { ...told, evidence } })?.evidence, {
    memory: { peak: 5, limit: 6 },
    pids: { peak: 7, limit: 8 }
  });
});

for (const kernel of [null, {}, { ended: null }, { ended: 'yesterday' }]) {
  test(`${JSON.stringify(kernel)} has not ended`, () => {
    assert.equal(endingFromKernel(kernel), null);
  });
}

test('a cause that nobody knows is unknown', () => {
  assert.equal(endingFromKernel({ ended: { cause: 'meteorite' } })?.cause, 'unknown');
});

test('an end is told once, and the next end again', () => {
  const told = new ToldEndings();
  const ending = { cause: 'killed', at: '10:00', detail: '', evidence: null } as const;

  const news = [
    told.isNews('k', ending),
    told.isNews('k', ending),
    told.isNews('other', ending),
    told.isNews('k', { ...ending, at: '10:05' })
  ];

  assert.deepEqual(news, [true, false, true, true]);
});
