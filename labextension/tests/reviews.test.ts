/** The model of a submission's view, and the reading of what the server says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  noticesFrom,
  previewFrom,
  savedCommentsFrom,
  seenFrom,
  viewFrom
} from '../src/reviews/data.js';
import { countOf, NOBODY, queryOf, WAITING } from '../src/reviews/filter.js';
import { SubmissionModel } from '../src/reviews/model.js';
import { shownFrom } from '../src/reviews/parts.js';
import { isAbout, partOf, quoteOf, targetOf } from '../src/reviews/places.js';
import { groupsFrom, peopleFrom, readerFrom } from '../src/reviews/people.js';
import { ReviewsModel } from '../src/reviews/queue.js';
import { isUnfinished, reproductionFrom } from '../src/reviews/reproduction.js';
import type { ReviewApi } from '../src/reviews/restapi.js';
import { givenFrom, pointsFrom, rubricFrom, scoresFrom, sumOf } from '../src/reviews/rubric.js';
import { threadsFrom } from '../src/reviews/said.js';
import { inserted, SavedComments, titleOf } from '../src/reviews/saved.js';
import { stepThread } from '../src/reviews/steps.js';

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

const SHOWN = shownFrom({
  style: '',
  policy: '',
  parts: [
    { kind: 'markdown', cell: true, cell_id: 'b', lines: [[['', 'Words']]] },
    { kind: 'code', cell: true, cell_id: 'c', lines: [[['kn', 'import']], [['', 'x']], []] }
  ]
});

/** A server with a submission of two rounds. */
function server(calls: string[] = []): ReviewApi {
  const api = {
    view: async () =>
      viewFrom({ id: 's', state: 'in_review', round: 2, rounds: [{ number: 1 }, { number: 2 }] }),
    files: async (_: string, round: 1 | 2) => FILES[round],
    threads: async () =>
      threadsFrom([
        thread('two', 'b.py', { line: 7 }),
        thread('three', 'a.ipynb', { cell_id: 'c', line: 3 }),
        thread('one', 'a.ipynb', { cell_id: 'b' })
      ]),
    shown: async () => SHOWN,
    reproduction: async () => null,
    rubric: async () => [],
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

test('threads follow one another in the order of files, cells and lines', async () => {
  const model = new SubmissionModel(server(), 's');
  await model.refresh();
  const seen: string[] = [];
  for (let step = 0; step < 4; step += 1) {
    await stepThread(model, 1);
    seen.push(`${model.selected} ${model.path}`);
  }
  assert.deepEqual(seen, ['one a.ipynb', 'three a.ipynb', 'two b.py', 'one a.ipynb']);
  await stepThread(model, -1);
  assert.equal(model.selected, 'two');
});

test('a thread stands beside its cell, and one whose place is gone beside none', () => {
  const [here] = threadsFrom([thread('one', 'a.ipynb', { cell_id: 'c', line: 2 })]);
  assert.equal(here && partOf(here, SHOWN.parts)?.index, 1);
  const now = { fate: 'outdated', path: 'a.ipynb', anchor: { cell_id: 'c' } };
  const [gone] = threadsFrom([{ id: 'two', round: 1, path: 'a.ipynb', anchor: {}, now }]);
  assert.equal(gone && partOf(gone, SHOWN.parts), null);
});

test('a comment is about a cell, some of its lines, or all of a file', () => {
  const [, cell] = SHOWN.parts;
  assert.ok(cell);
  const target = targetOf(cell, 'a.ipynb');
  assert.deepEqual(target, { path: 'a.ipynb', cellId: 'c', line: null, endLine: null, output: null });
  assert.ok(isAbout(target, cell));
  assert.equal(quoteOf(cell, 1, 2), 'import\nx');
  const [file] = shownFrom({ parts: [{ kind: 'text', lines: [[], []] }] }).parts;
  assert.ok(file);
  assert.equal(targetOf(file, 'b.py').endLine, 2);
  assert.ok(!isAbout({ ...targetOf(file, 'b.py'), line: null }, file));
});

test('whoever looks at the latest round goes on to the next', async () => {
  const api = server();
  let round = 1;
  Object.assign(api, {
    view: async () => viewFrom({ id: 's', round, rounds: [{ number: 1 }, { number: 2 }] })
  });
  const model = new SubmissionModel(api, 's');
  await model.refresh();
  round = 2;
  await model.refresh();
  assert.equal(model.round, 2);
  await model.showRound(1);
  await model.refresh();
  assert.equal(model.round, 1);
});

test('changes are those since the round that was decided about last', async () => {
  const calls: string[] = [];
  const api = server(calls);
  const rounds = [{ number: 1, decision: {} }, { number: 2 }, { number: 3 }];
  Object.assign(api, {
    view: async () => viewFrom({ id: 's', round: 3, rounds }),
    files: async () => FILES[2]
  });
  const model = new SubmissionModel(api, 's');
  await model.refresh();
  assert.equal(model.against, 1);
  await model.showFile('b.py', 'changes');
  await model.showSince(2);
  assert.deepEqual(calls, ['b.py 1 3', 'b.py 2 3']);
});

test('looking again does not undo what the reader chose meanwhile', async () => {
  const api = server();
  const model = new SubmissionModel(api, 's');
  await model.refresh();
  let answer: (shown: typeof SHOWN) => void = () => undefined;
  const late = new Promise<typeof SHOWN>(resolve => {
    answer = resolve;
  });
  const answers = [late];
  Object.assign(api, { shown: () => answers.pop() ?? Promise.resolve(SHOWN) });
  const chosen = model.showFile('b.py', 'changes');
  await model.refresh();
  answer(SHOWN);
  await chosen;
  assert.equal(`${model.path} ${model.mode}`, 'b.py changes');
});

test('a reviewer sees what is unseen, since the round that they looked at last', async () => {
  const api = server();
  const rounds = [{ number: 1 }, { number: 2, decision: {} }, { number: 3 }];
  const after = (path: string) => ({ path, after: { path } });
  Object.assign(api, {
    view: async () => viewFrom({ id: 's', round: 3, rounds, may: { review: true } }),
    files: async () => FILES[2],
    seen: async () =>
      seenFrom({ against: 1, files: [after('a.ipynb'), after('b.py'), { path: 'c', after: null }] })
  });
  const model = new SubmissionModel(api, 's');
  await model.refresh();
  assert.equal(model.against, 1);
  assert.deepEqual([...model.unseen], ['a.ipynb', 'b.py']);
  await model.showFile('b.py');
  await model.refresh();
  assert.deepEqual([...model.unseen], ['b.py']);
});

test('changes are those since the round before', async () => {
  const calls: string[] = [];
  const model = new SubmissionModel(server(calls), 's');
  await model.refresh();
  await model.showFile('b.py', 'changes');
  assert.deepEqual(calls, ['b.py 1 2']);
  assert.equal(model.comparison?.difference.unified, '+x');
});

test('a refusal is shown, and what was there stays', async () => {
  const model = new SubmissionModel(server(), 's');
  await model.refresh();
  const [first] = model.threads;
  assert.ok(first);
  assert.equal(await model.actions.resolve(first), false);
  assert.equal(model.problem, 'Refused.');
  assert.equal(model.threads.length, 3);
});

/** A server with submissions: the reader is Rita, who reviews. */
function queue(role = 'reviewer') {
  const one = (id: string, state = 'submitted', reviewer: object | null = null) =>
    viewFrom({ id, state, project: id, project_name: id, reviewer, submitter: { id: 'e', name: 'Emmy' } });
  const asked: string[] = [];
  let isRead = false;
  const api = {
    reader: async () => readerFrom({ identity: { id: 'rita', role } }),
    reviewers: async () => peopleFrom([{ id: 'rita', name: 'Rita' }, null]),
    groups: async () =>
      groupsFrom([
        { id: 'g', name: 'Statistics', counts: { members: 2, reviewers: 1 } },
        { id: 'own', name: 'Algebra', counts: null }
      ]),
    own: async () => [one('mine', 'changes_requested')],
    submissions: async (query: string) => {
      asked.push(query);
      return query === queryOf(WAITING)
        ? [
            one('mine'),
            one('new'),
            one('taken', 'in_review', { id: 'rita' }),
            one('given', 'submitted', { id: 'rob' })
          ]
        : [one('old', 'approved')];
    },
    notices: async () => noticesFrom([{ what: 'decided', read: isRead }]),
    claim: async () => {
      throw new Error('Somebody else is reviewing this.');
    },
    markRead: async () => {
      isRead = true;
    }
  } as unknown as ReviewApi;
  const model = new ReviewsModel(api, async () => ['mine']);
  return { model, asked, others: () => model.others.map(each => each.id) };
}

test('the list parts own work from that of others, and counts what waits', async () => {
  const { model, others } = queue();
  await model.refresh();
  assert.deepEqual(model.own.map(each => each.id), ['mine']);
  assert.deepEqual(others(), ['new', 'taken', 'given']);
  assert.equal(model.waiting, 3);
  assert.deepEqual([...model.own, ...model.others].map(each => model.mayConfigure(each)), [
    true, false, false, false
  ]);
  assert.equal(model.isAdmin, false);
  assert.deepEqual(model.others.map(each => model.mayClaim(each)), [true, false, false]);
  model.search(' TAK');
  assert.deepEqual(others(), ['taken']);
  assert.equal(model.unread, 1);
  await model.markRead();
  await model.refresh();
  assert.equal(model.unread, 0);
  await model.claim('new');
  assert.equal(model.problem, 'Somebody else is reviewing this.');
});

test('what is chosen is asked of the server, and what waits stays known', async () => {
  const { model, asked, others } = queue();
  await model.choose({ choice: 'decided', learner: 'e', group: 'g', reviewer: NOBODY, hours: 24 });
  assert.equal(
    asked.at(-1),
    'state=changes_requested%2Capproved%2Cwithdrawn&learner=e&group=g&reviewer=nobody&waiting=24'
  );
  assert.deepEqual(others(), ['old']);
  assert.equal(model.waiting, 3);
  assert.deepEqual([...model.projects.keys()], ['new', 'taken', 'given', 'old']);
  assert.equal(countOf(model.filter), 4);
  assert.deepEqual(model.groups, [{ id: 'g', name: 'Statistics' }]);
  assert.equal(queryOf({ ...WAITING, choice: 'mine', reviewer: 'rob' }), 'assigned=1');
});

test('who does not review asks for their own work only', async () => {
  const { model, asked } = queue('learner');
  await model.refresh();
  assert.equal(model.mayReview, false);
  assert.deepEqual(asked, []);
  assert.equal(model.waiting, 1);
});

test('whose task it can become is asked by who may say so', async () => {
  const api = server();
  const told: string[] = [];
  Object.assign(api, {
    view: async () => viewFrom({ id: 's', may: { assign: true }, reviewer: { id: 'rita' } }),
    reviewers: async (submission?: string) =>
      submission === 's' ? peopleFrom([{ id: 'rita', name: 'Rita' }, { id: 'rob', name: 'Rob' }]) : [],
    assign: async (id: string, reviewer: string) => {
      told.push(`${id} ${reviewer}`);
    }
  });
  const model = new SubmissionModel(api, 's');
  await model.refresh();
  assert.deepEqual(model.reviewers.map(one => one.name), ['Rob']);
  assert.equal(await model.actions.assign('rob'), true);
  assert.deepEqual(told, ['s rob']);
});

test('saved comments are asked for, kept by their first line, and removed', async () => {
  const kept = [{ id: 'a', title: 'Cite', body: 'Cite it.' }];
  const saved = new SavedComments({
    savedComments: async () => savedCommentsFrom(kept),
    saveComment: async (title, body) => {
      kept.push({ id: 'b', title, body });
    },
    dropComment: async id => {
      if (id !== 'a') {
        throw new Error('There is no such comment.');
      }
      kept.shift();
    }
  });
  const bodies = () => saved.all?.map(one => `${one.title}: ${one.body}`) ?? null;
  assert.equal(bodies(), null);
  await saved.save('Units?\nSay which.');
  assert.deepEqual(bodies(), ['Cite: Cite it.', 'Units?: Units?\nSay which.']);
  await saved.drop('a');
  assert.deepEqual(bodies(), ['Units?: Units?\nSay which.']);
  await saved.drop('x');
  assert.equal(saved.problem, 'There is no such comment.');
  assert.equal(titleOf(`  ${'w'.repeat(80)}\nmore`), `${'w'.repeat(59)}…`);
});

test('points are given for those criteria for which some were chosen', () => {
  const rubric = rubricFrom({
    criteria: [
      { id: 'code', title: 'Code', points: 4, levels: [{ points: 4 }, { points: 1.5 }] },
      { id: 'words', title: 'Words', points: 2 }
    ]
  });
  assert.deepEqual(rubric[0]?.levels.map(one => one.points), [1.5, 4]);
  const chosen = new Map([
    ['words', { points: null, note: 'None yet.' }],
    ['code', { points: 1.5, note: 'Long.' }],
    ['gone', { points: 1, note: '' }]
  ]);
  assert.deepEqual(givenFrom(rubric, chosen), [{ criterion: 'code', points: 1.5, note: 'Long.' }]);
  assert.deepEqual(['', '0', '2.5', '-1', 'x', '9'].map(one => pointsFrom(one, 4)), [
    null, 0, 2.5, null, null, null
  ]);
  assert.equal(sumOf([0.1, 0.2]), 0.3);
});

test('a decision tells the points that were given', () => {
  const decision = { scores: [{ criterion: 'code', title: 'Code', points: 3, most: 4, note: '' }] };
  const [round] = viewFrom({ rounds: [{ number: 1, decision }] }).rounds;
  assert.deepEqual(round?.decision?.scores, decision.scores);
});

test('a saved comment stands where the cursor is, apart from words beside it', () => {
  assert.equal(inserted('', 'Cite it.', 0, 0), 'Cite it.');
  assert.equal(inserted('So:', 'Cite it.', 3, 3), 'So: Cite it.');
  assert.equal(inserted('So: that now', 'this', 4, 8), 'So: this now');
});

test('what came of each cell is found by its number', () => {
  const check = reproductionFrom({
    state: 'done',
    outcome: 'differs',
    counts: { same: 2, differs: 1, nonsense: 3 },
    notebooks: [{ path: 'a.ipynb', cells: [{ number: 3, outcome: 'differs', diff: '+x' }] }]
  });
  assert.deepEqual([...(check?.counts ?? [])], [['same', 2], ['differs', 1]]);
  assert.equal(check?.notebooks.get('a.ipynb')?.get(3)?.outcome, 'differs');
  assert.equal(isUnfinished(check), false);
  assert.equal(isUnfinished(reproductionFrom({ state: 'queued' })), true);
  assert.equal(reproductionFrom({ round: 1, state: 'none', counts: {}, notebooks: [] }), null);
});

test('anything at all is read without an error', () => {
  for (const odd of [null, 1, 'x', [], [1, null], {}, { rounds: 1 }, { parts: [1, { lines: [1, [[]], [[1]]] }] }]) {
    viewFrom(odd);
    threadsFrom(odd);
    shownFrom(odd);
    previewFrom(odd);
    noticesFrom(odd);
    savedCommentsFrom(odd);
    rubricFrom(odd);
    readerFrom(odd);
    seenFrom(odd);
    peopleFrom(odd);
    scoresFrom(odd);
    reproductionFrom(odd);
  }
  assert.equal(viewFrom({ state: 'nonsense' }).state, 'withdrawn');
});
