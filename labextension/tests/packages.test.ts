import assert from 'node:assert/strict';
import { test } from 'node:test';

import { installationFrom, listingFrom, wordFrom, type IListing, type IWord } from '../src/packages/data.js';
import { advanced, begun, PackagesModel, requirementsIn, shareOf } from '../src/packages/model.js';
import { headline, needsRestart, policyLines } from '../src/packages/words.js';

const trans = {
  __: (text: string, ...values: unknown[]) =>
    values.reduce<string>((made, value, at) => made.replace(`%${at + 1}`, String(value)), text)
} as Parameters<typeof headline>[1];

const PLACE = { projectId: 'p', folder: 'demo', path: '', mayWrite: true, isOwner: true };

function fetched(kind: string, done: number, size: number | null = 100, file = 'a.whl'): IWord {
  return wordFrom({ phase: 'downloading', package: { kind, name: 'a', file, size, done } });
}

function listing(installation: object | null = null): IListing {
  const one = { name: 'a', version: '1', requested: true, size: 5, sha256: ['f'], needed_by: ['b', 3] };
  return listingFrom({ packages: [one, 'x'], size: 5, policy: { allow: ['*'] }, installation });
}

test('what the server says is checked', () => {
  assert.deepEqual(listing().packages, [
    {
      name: 'a',
      version: '1',
      requested: true,
      size: 5,
      neededBy: ['b'],
      missing: false,
      fromIndex: true
    }
  ]);
  assert.deepEqual(listingFrom('rubbish').packages, []);
  assert.equal(installationFrom(null), null);
  assert.equal(installationFrom({ action: 'burn', phase: 'x' })?.phase, 'starting');
  assert.deepEqual(wordFrom({ changes: [{ name: 'a', before: 1, after: '2' }] }).changes, [
    { name: 'a', before: null, after: '2' }
  ]);
});

for (const [typed, expected] of [
  ['humanize', ['humanize']],
  ['humanize, polars', ['humanize', 'polars']],
  ['humanize polars\nattrs', ['humanize', 'polars', 'attrs']],
  ['polars >= 1, < 2  attrs==1', ['polars>=1,<2', 'attrs==1']],
  ['uvicorn[standard]~=0.3', ['uvicorn[standard]~=0.3']],
  [' , ', []]
] as const) {
  test(`what somebody typed is understood: ${JSON.stringify(typed)}`, () => {
    assert.deepEqual(requirementsIn(typed), expected);
  });
}

test('a bar shows the share of the bytes, once all sizes are known', () => {
  let progress = begun('install', ['a']);
  assert.equal(shareOf(progress), null);
  progress = advanced(progress, fetched('downloading', 50));
  assert.equal(shareOf(progress), 0.5);
  assert.equal(progress.phase, 'downloading');
  const more = advanced(progress, fetched('downloading', 5, null, 'b.whl'));
  assert.equal(shareOf(more), null);
  progress = advanced(progress, fetched('served', 100));
  assert.equal(shareOf(progress), 1);
  assert.equal(progress.phase, 'installing');
});

test('notes are kept once, and the last word has the changes', () => {
  const note = wordFrom({ phase: 'resolving', message: 'young', package: { kind: 'noted', name: 'a' } });
  let progress = advanced(advanced(begun('upgrade', ['a']), note), note);
  assert.deepEqual(progress.notes, ['a: young']);
  const changes = [{ name: 'a', before: '1', after: '2' }];
  progress = advanced(progress, wordFrom({ phase: 'done', changes }));
  assert.deepEqual(progress.changes, changes);
  assert.equal(needsRestart(progress), true);
  assert.equal(headline(progress, trans), 'Installed a');
});

test('a policy without limits says little', () => {
  const free = listing().policy;
  assert.equal(policyLines(free, trans).length, 1);
  const strict = { ...free, allow: ['a'], deny: ['b'], private: ['c'], wheelsOnly: true };
  assert.equal(policyLines({ ...strict, coolOffDays: 7, maxProjectBytes: 5 }, trans).length, 7);
});

interface IWorld {
  readonly model: PackagesModel;
  readonly asked: string[];
  say: (word: object) => void;
  end: () => void;
}

/** A model whose server says what the test lets it say. */
function world(answers: IListing[] = []): IWorld {
  const asked: string[] = [];
  const words: (IWord | null)[] = [];
  let wake = () => {};
  const stream = async function* (): AsyncGenerator<IWord> {
    for (;;) {
      const word = words.shift();
      if (word === null) {
        return;
      }
      if (word === undefined) {
        await new Promise<void>(resolve => (wake = resolve));
      } else {
        yield word;
      }
    }
  };
  const put = (word: IWord | null) => {
    words.push(word);
    wake();
  };
  const model = new PackagesModel({
    listing: async project => {
      asked.push(`list ${project}`);
      return answers.shift() ?? listing();
    },
    order: (project, order) => {
      asked.push(`${order.action} ${project} ${order.requirements?.join() ?? ''}`);
      return stream();
    },
    follow: project => {
      asked.push(`follow ${project}`);
      return stream();
    },
    cancel: async project => void asked.push(`cancel ${project}`),
    words: String
  });
  return { model, asked, say: word => put(wordFrom(word)), end: () => put(null) };
}

const settled = () => new Promise(resolve => setImmediate(resolve));

test('nobody asks until somebody looks', async () => {
  const { model, asked } = world();
  model.follow(PLACE);
  await settled();
  assert.deepEqual(asked, []);
  model.isVisible = true;
  await settled();
  assert.deepEqual(asked, ['list p']);
  assert.equal(model.state.kind, 'ready');
});

test('an installation is followed to its end, and then the list is asked for', async () => {
  const { model, asked, say, end } = world();
  model.isVisible = true;
  model.follow(PLACE);
  await settled();
  const done = model.order({ action: 'install', requirements: ['a'] });
  void model.order({ action: 'install', requirements: ['b'] });
  say({ phase: 'resolving' });
  await settled();
  assert.equal(model.isBusy, true);
  await model.cancel();
  say({ phase: 'cancelled', message: 'It was cancelled.' });
  end();
  await done;
  assert.equal(model.progress?.phase, 'cancelled');
  assert.deepEqual(asked, ['list p', 'install p a', 'cancel p', 'list p']);
  model.dismiss();
  assert.equal(model.progress, null);
});

test('what somebody else began is joined, and left with the project', async () => {
  const running = { id: 'i', action: 'rebuild', phase: 'resolving', requirements: [] };
  const { model, asked, say } = world([listing(running)]);
  model.isVisible = true;
  model.follow(PLACE);
  await settled();
  say({ phase: 'resolving' });
  await settled();
  assert.equal(model.progress?.action, 'rebuild');
  model.follow({ ...PLACE, projectId: 'q' });
  say({ phase: 'done' });
  await settled();
  assert.equal(model.progress, null);
  assert.deepEqual(asked, ['list p', 'follow p', 'list q']);
});

test('a refusal is shown', async () => {
  const words = async function* (): AsyncGenerator<IWord> {
    yield wordFrom({ phase: 'resolving' });
    throw new Error('not now');
  };
  const model = new PackagesModel({
    order: words,
    follow: words,
    listing: () => Promise.reject(new Error('away')),
    cancel: () => Promise.resolve(),
    words: String
  });
  model.isVisible = true;
  model.follow(PLACE);
  await settled();
  assert.deepEqual(model.state, { kind: 'refused', message: 'Error: away' });
  await model.order({ action: 'install', requirements: ['a'] });
  assert.deepEqual([model.progress?.phase, model.progress?.message], ['failed', 'Error: not now']);
});
