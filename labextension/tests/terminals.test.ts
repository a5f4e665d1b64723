import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lowestFree, titled } from '../src/terminals/model.js';

for (const [taken, expected] of [
  [[], 1],
  [[1, 2], 3],
  [[2], 1],
  [[1, 3], 2]
] as const) {
  test(`beside terminals [${taken.join()}] the next is number ${expected}`, () => {
    assert.equal(lowestFree(new Set(taken)), expected);
  });
}

for (const [title, expected] of [
  ['Terminal 9f3', 'Terminal 1'],
  ['/workspace', 'Terminal 1'],
  ['/workspace/data/raw', 'Terminal 1 · raw'],
  ['~', 'Terminal 1 · ~'],
  ['/usr/lib', 'Terminal 1 · /usr/lib'],
  ['notes (~) - VIM', undefined],
  ['Terminal 1 · raw', undefined]
] as const) {
  test(`a terminal that is called "${title}" is shown as ${expected ?? 'that'}`, () => {
    assert.equal(titled(title, '9f3', 'Terminal 1')?.label, expected);
  });
}
