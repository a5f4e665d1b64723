import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refusalFromBody } from '../src/server/refusal.js';

test("the server's own message and reason are taken over", () => {
  const body = JSON.stringify({ message: 'That name is in use already.', reason: 'name_taken' });

  assert.deepEqual(refusalFromBody(409, 'Conflict', body), {
    status: 409,
    message: 'That name is in use already.',
    reason: 'name_taken'
  });
});

for (const body of ['', '<html>', '[]', 'null', '{"message": 5}', '{"message": ""}']) {
  test(`an answer that is not ours (${body}) still says something`, () => {
    assert.deepEqual(refusalFromBody(502, 'Bad Gateway', body), {
      status: 502,
      message: 'Bad Gateway (502)',
      reason: 'unknown'
    });
  });
}

test('HTTP/2 has no status text', () => {
  assert.equal(refusalFromBody(503, '', '').message, 'HTTP 503');
});
