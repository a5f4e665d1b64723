/** The model of a submission's view, and the reading of what the server says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cellsFrom, threadsFrom, viewFrom } from '../src/reviews/data.js';
import { ReviewsModel, SubmissionModel } from '../src/reviews/model.js';
import type { ReviewApi } from '../src/reviews/restapi.js';

const FILES = {
  1: [
    { path: 'a.ipynb', size: 1, sha256: 'old' },
    { path: 'b.py', size: 1, sha256: 'b' }
  ],
  2: [
    { path: 'a.ipynb', size: 1, sha256: 'new' },
    { path: 'b.py', size: 1, sha256: 'b' }
  ]
};

function thread(id: string, path: string, anchor: object): unknown {
  const now = { fate: 'changed', path, anchor };
  return { id, round: 1, path, anchor, comments: [{ id: `${id}1`, body: 'x' }], now };
}

/** A server with a submission of two rounds. */
function server(calls: string[] = []): ReviewApi {
  const api = {
    view: async () =>
      viewFrom({ id: 's', state: 'in_review', round: 2, rounds: [{ number: 1 }, { number: 2 }] }),
    files: async (_: string, round: 1 | 2) => FILES[round],
    threads: async () =>
      threadsFrom([
        thread('one', 'a.ipynb', { cell_id: 'c', line: 3 }),
        thread('two', 'b.py', { line: 7 })
      ]),
    cells: async () => cellsFrom({ content: { cells: [{ id: 'b' }, { id: 'c', source: 'x = 1' }] } }),
    page: (_: string, round: number, path: string, place: string) => `${round} ${path} ${place}`,
    difference: async (_: string, path: string, old: number, round: number) => {
      calls.push(`${path} ${old} ${round}`);
      return { kind: 'text', unified: '+x', notebook: null, isCoarse: false };
    },
    resolve: async () => {
      throw new Error('Refused.');
    }
  };
  return api as unknown as ReviewApi;
}

test('it begins with a notebook of the latest round, and marks what has changed', async () => {
  const model = new SubmissionModel(server(), 's');
  await model.refresh();
  assert.equal(model.round, 2);
  assert.equal(model.path, 'a.ipynb');
  assert.deepEqual([...model.changedPaths], ['a.ipynb']);
  await model.showRound(1);
  assert.deepEqual([...model.changedPaths], []);
});

test('a thread brings its file to the front, at its place', async () => {
  const model = new SubmissionModel(server(), 's');
  await model.refresh();
  await model.stepThread(1);
  assert.equal(model.page, '2 a.ipynb cell-1-L3');
  await model.stepThread(1);
  assert.equal(model.page, '2 b.py file-L7');
  await model.stepThread(1);
  assert.equal(model.selected, 'one');
  await model.stepThread(-1);
  assert.equal(model.selected, 'two');
});

test('changes are those since the round before', async () => {
  const calls: string[] = [];
  const model = new SubmissionModel(server(calls), 's');
  await model.refresh();
  await model.showFile('b.py', 'changes');
  assert.deepEqual(calls, ['b.py 1 2']);
  assert.equal(model.difference?.unified, '+x');
});

test('a refusal is shown, and what was there stays', async () => {
  const model = new SubmissionModel(server(), 's');
  await model.refresh();
  const [first] = model.threads;
  assert.ok(first);
  assert.equal(await model.resolve(first), false);
  assert.equal(model.problem, 'Refused.');
  assert.equal(model.threads.length, 2);
});

test('the list parts own work from that of others, and counts what is new', async () => {
  const one = (id: string) => viewFrom({ id, state: 'submitted' });
  let isRead = false;
  const model = new ReviewsModel({
    submissions: async isOwn => (isOwn ? [one('mine')] : [one('mine'), one('theirs')]),
    unread: async () => 3,
    markRead: async () => {
      isRead = true;
    }
  });
  await model.refresh();
  assert.deepEqual(model.own.map(each => each.id), ['mine']);
  assert.deepEqual(model.others.map(each => each.id), ['theirs']);
  assert.equal(model.unread, 3);
  await model.markRead();
  assert.equal(isRead, true);
  assert.equal(model.unread, 0);
});

test('anything at all is read without an error', () => {
  for (const odd of [null, 1, 'x', [], [1, null], {}, { rounds: 1 }, { content: { cells: [1] } }]) {
    viewFrom(odd);
    threadsFrom(odd);
    cellsFrom(odd);
  }
  assert.equal(viewFrom({ state: 'nonsense' }).state, 'withdrawn');
});
