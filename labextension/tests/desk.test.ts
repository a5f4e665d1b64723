/** Naming reviewers and editing rubrics: what is written, what is wrong with it, what is kept. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numberFrom, type ICriterionDraft } from '../src/desk/draft.js';
import { namedFrom, rubricOf, type IRubric } from '../src/desk/restapi.js';
import { ReviewersModel } from '../src/desk/reviewers.js';
import { RubricModel } from '../src/desk/rubric.js';
import { peopleFrom } from '../src/reviews/people.js';
import type { ICriterion } from '../src/reviews/rubric.js';
import { ApiError } from '../src/server/refusal.js';

const CODE = { id: 'code', title: 'Code', points: 4, levels: [{ points: 0 }, { points: 4 }] };
const WORDS = { id: 'words', title: 'Words', points: 2 };
const STYLE = { id: 'style', title: 'Style', points: 1 };

/** A server with the rubric of a project, which refuses while `refusal` says why. */
function server(own: boolean, ...criteria: unknown[]) {
  const state = { rubric: rubricOf({ criteria, own, version: 'v0' }), refusal: '', saved: 0 };
  let keys = 0;
  const model = new RubricModel(
    {
      load: async () => state.rubric,
      save: async (sent: readonly ICriterion[], version: string | null): Promise<IRubric> => {
        if (version !== state.rubric.version) {
          throw new ApiError({ status: 412, message: 'Somebody else did.', reason: 'revision_conflict' });
        }
        state.saved += 1;
        if (state.refusal !== '') {
          throw new Error(state.refusal);
        }
        state.rubric = { criteria: sent, isOwn: sent.length > 0, version: `v${state.saved}` };
        return state.rubric;
      }
    },
    reason => (reason as Error).message,
    () => `new ${++keys}`
  );
  return { model, state };
}

function titles(model: RubricModel): string[] {
  return (model.draft ?? []).map(one => one.title);
}

async function opened(own: boolean, ...criteria: unknown[]) {
  const { model, state } = server(own, ...criteria);
  await model.refresh();
  return { model, state };
}

test('what is shown after saving is what the server answered', async () => {
  const { model, state } = await opened(true, CODE);
  assert.deepEqual([model.isDirty, model.isSaved], [false, false]);
  model.change('code', { title: '  Program ', points: '4,5' });
  assert.ok(model.isDirty);

  assert.ok(await model.save());

  assert.deepEqual(
    state.rubric.criteria.map(one => [one.title, one.points, one.levels.map(each => each.points)]),
    [['Program', 4.5, [0, 4]]]
  );
  assert.deepEqual(titles(model), ['Program']);
  assert.equal(model.draft?.[0]?.points, '4.5');
  assert.deepEqual([model.isDirty, model.isSaved], [false, true]);
});

test('what the server refuses stays as it is written', async () => {
  const { model, state } = await opened(true, CODE);
  state.refusal = 'Not yours.';
  model.change('code', { title: 'Program' });

  assert.equal(await model.save(), false);

  assert.equal(model.problem, 'Not yours.');
  assert.deepEqual([titles(model), model.isDirty], [['Program'], true]);
  model.discard();
  assert.deepEqual([titles(model), model.isDirty], [['Code'], false]);
});

test('what is written while the server is asked is not lost', async () => {
  const { model } = await opened(true, CODE);
  model.change('code', { title: 'Program' });
  const saving = model.save();
  model.change('code', { title: 'Programs' });
  assert.ok(await saving);
  assert.deepEqual([titles(model), model.isDirty], [['Programs'], true]);
  await model.refresh();
  assert.deepEqual(titles(model), ['Programs']);
});

/** Let somebody else save a rubric of one criterion. */
function changeElsewhere(state: { rubric: IRubric }, title: string): void {
  const other = rubricOf({ criteria: [{ ...CODE, title }], own: true, version: title });
  state.rubric = other;
}

test('who has not seen the newest rubric does not save over it, and loses nothing', async () => {
  const { model, state } = await opened(true, CODE);
  model.change('code', { title: 'Mine' });
  changeElsewhere(state, 'Theirs');

  assert.equal(await model.save(), false);
  assert.deepEqual([model.isStale, model.problem, titles(model)], [true, 'Somebody else did.', ['Mine']]);
  await model.refresh(); // sees it, and is still made of the older one
  assert.equal(await model.save(), false);
  assert.equal(state.saved, 0);

  await model.loadNewer();
  assert.deepEqual([model.isStale, model.hasAside, model.isDirty], [false, true, false]);
  assert.deepEqual([titles(model), model.problem, model.takeFocus()], [['Theirs'], '', 'aside']);
  model.bringBack();
  assert.deepEqual([titles(model), model.hasAside, model.isDirty], [['Mine'], false, true]);
  assert.equal(model.takeFocus(), 'code/title');
  assert.ok(await model.save());
  assert.equal(state.rubric.criteria[0]?.title, 'Mine');
});

test('who discards what they wrote goes on from what the server has', async () => {
  const { model, state } = await opened(true, CODE);
  model.change('code', { title: 'Mine' });
  changeElsewhere(state, 'Theirs');
  await model.refresh();
  model.discard();
  assert.deepEqual(titles(model), ['Theirs']);
  model.change('code', { title: 'Both' });
  assert.ok(await model.save());
  model.change('code', { title: 'Again' });
  assert.ok(await model.save());
});

test('what is wrong is said at its field, and nothing is sent', async () => {
  const { model, state } = await opened(true, CODE);
  model.add();
  const added = model.draft?.[1] as ICriterionDraft;
  assert.equal(model.takeFocus(), `${added.id}/title`);
  assert.equal(model.takeFocus(), null);
  assert.equal(model.problems.size, 0); // nobody has left a field
  model.change('code', { points: '3' });
  model.leave('code/level/1');
  model.addLevel('code');
  model.changeLevel('code', 'new 2', { points: '0.0' });

  assert.equal(await model.save(), false);

  assert.equal(state.saved, 0);
  assert.deepEqual([...model.problems], [
    ['code/level/1', 'beyond'],
    ['code/level/new 2', 'twice'],
    [`${added.id}/title`, 'no title']
  ]);
  assert.equal(model.takeFocus(), 'code/level/1');
  model.change(added.id, { points: 'many' });
  assert.equal(model.problems.get(`${added.id}/points`), 'no number');
  model.change(added.id, { points: '10001' });
  assert.equal(model.problems.get(`${added.id}/points`), 'too many');
});

test('numbers are read with a point or a comma, and nothing else is a number', () => {
  const read = ['1', ' 2,5 ', '.5', '3.', '', '-1', '1e3', '0x10', 'Infinity', '1.2.3'].map(numberFrom);
  assert.deepEqual(read, [1, 2.5, 0.5, 3, null, null, null, null, null, null]);
});

test('criteria are moved, and the keyboard stays where it was', async () => {
  const { model } = await opened(true, CODE, WORDS, STYLE);
  model.move('style', -1);
  assert.deepEqual(titles(model), ['Code', 'Style', 'Words']);
  assert.equal(model.takeFocus(), 'style/up');
  model.move('style', -1);
  assert.deepEqual(model.done, { what: 'moved', title: 'Style', place: 1 });
  assert.equal(model.takeFocus(), 'style/down'); // there is nothing above it
  model.move('style', -1);
  assert.deepEqual(titles(model), ['Style', 'Code', 'Words']);
  model.move('words', -1);
  model.move('code', 1);
  assert.deepEqual(titles(model), ['Style', 'Words', 'Code']);
});

test('what was removed is put back where it was', async () => {
  const { model } = await opened(true, CODE, WORDS, STYLE);
  model.remove('words');
  assert.deepEqual([titles(model), model.takeFocus()], [['Code', 'Style'], 'restore']);
  model.change('code', { title: 'Program' });
  model.restore();
  assert.deepEqual(titles(model), ['Program', 'Words', 'Style']);
  assert.equal(model.takeFocus(), 'words/title');
  assert.equal(model.mayRestore, false);
  model.removeLevel('code', '0');
  assert.deepEqual(model.draft?.[0]?.levels.map(one => one.points), ['4']);
  model.restore();
  assert.deepEqual(model.draft?.[0]?.levels.map(one => one.points), ['4', '0']);
});

test('a project without a rubric of its own can start from that of all', async () => {
  const { model, state } = await opened(false, CODE, WORDS);
  assert.deepEqual([model.draft, model.isDirty], [[], false]);
  assert.deepEqual(model.inherited.map(one => one.title), ['Code', 'Words']);
  model.startFromInherited();
  assert.deepEqual([titles(model), model.isDirty], [['Code', 'Words'], true]);
  assert.ok(await model.save());
  assert.equal(state.rubric.criteria.length, 2);
  assert.deepEqual(model.inherited, []);
});

function people(named: unknown = { reviewers: ['rita', 'gone'] }) {
  const told: string[][] = [];
  const model = new ReviewersModel(
    {
      people: async () => peopleFrom([{ id: 'rita', name: 'Rita' }, { id: 'rob', name: 'Rob' }]),
      named: async () => namedFrom(named),
      name: async (_: string, ids: readonly string[]) => {
        told.push([...ids]);
        return namedFrom({ reviewers: ids });
      }
    },
    'p',
    reason => (reason as Error).message
  );
  return { model, told };
}

test('reviewers are chosen, and who may not review any more is left out', async () => {
  const { model, told } = people();
  await model.refresh();
  assert.deepEqual([[...model.named], model.gone, model.isDirty], [['rita', 'gone'], 1, false]);
  model.set('rob', true);
  model.set('rita', false);
  await model.refresh();
  assert.deepEqual([...model.named], ['gone', 'rob']);
  assert.ok(await model.save());
  assert.deepEqual(told, [['rob']]);
  assert.deepEqual([[...model.named], model.gone, model.isDirty, model.isSaved], [
    ['rob'], 0, false, true
  ]);
  model.set('rita', true);
  model.discard();
  assert.deepEqual([...model.named], ['rob']);
});

test('anything at all is read without an error', async () => {
  for (const odd of [null, 1, 'x', [], [1, null], {}, { criteria: [1, {}] }, { reviewers: 1 }]) {
    rubricOf(odd);
    namedFrom(odd);
  }
});
