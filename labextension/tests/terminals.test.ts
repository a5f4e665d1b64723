import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lowestFree } from '../src/terminals/model.js';

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
