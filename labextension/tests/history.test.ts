import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cellsOf, languageOf, notebookChange, notebookFrom } from '../src/history/cells.js';
import {
  changesFrom,
  checkpointsFrom,
  differenceFrom,
  pageFrom,
  type IPage,
  type IRevision
} from '../src/history/data.js';
import {
  hunksAround,
  hunksFromUnified,
  linesFromOperations,
  tallyOf,
  textOfLine,
  type ILine
} from '../src/history/lines.js';
import { HistoryModel } from '../src/history/model.js';
import { byDay, copyName, originalOf, relativeTime, sizeText } from '../src/history/words.js';
import { Places } from '../src/projects/places.js';
import { projectsFrom } from '../src/projects/restapi.js';
import type { IPlace } from '../src/projects/tokens.js';

const PLACE: IPlace = {
  projectId: 'p',
  folder: 'thesis',
  path: 'a.txt',
  mayWrite: true,
  isOwner: true
};

function revision(id: string, at = new Date(2026, 0, 2, 12)): IRevision {
  return { id, path: 'a.txt', size: 1, sha256: id, origin: 'api', author: 'Ada', at };
}

/** Lines as a unified diff writes them, with what changed within in brackets. */
function written(lines: readonly ILine[]): string[] {
  const signs = { same: ' ', removed: '-', added: '+' };
  return lines.map(
    ({ kind, pieces }) =>
      signs[kind] + pieces.map(one => (one.isChanged ? `[${one.text}]` : one.text)).join('')
  );
}

// --- what arrives ---

test('a page of revisions is read, and what is unknown in it gets a name', () => {
  const line = { id: '1', path: 'a', size: 3, sha256: 'x', created_at: '2026-01-02T03:04:05+00:00' };
  const author = { id: 'u', name: 'Ada' };

  const page = pageFrom({
    revisions: [
      { ...line, origin: 'restore', author },
      { ...line, origin: 'telepathy', author: null }
    ],
    next: '1'
  });

  assert.deepEqual(page.revisions.map(one => [one.origin, one.author]), [
    ['restore', 'Ada'],
    ['other', '']
  ]);
  assert.equal(page.revisions[0]?.at.toISOString(), '2026-01-02T03:04:05.000Z');
  assert.deepEqual([page.next, page.copies], ['1', []]);
});

for (const nonsense of [null, 'x', 3, [], { revisions: 'none' }]) {
  test(`${JSON.stringify(nonsense)} is an empty answer`, () => {
    assert.deepEqual(pageFrom(nonsense).revisions, []);
    assert.deepEqual(projectsFrom(nonsense), []);
    assert.deepEqual(checkpointsFrom(nonsense), []);
    assert.deepEqual(changesFrom(nonsense).changed, []);
    assert.equal(differenceFrom(nonsense).unified, '');
  });
}

// --- lines ---

test('the unified form becomes numbered lines, with what differs within them', () => {
  const text = [
    '--- a.txt\tthen',
    '+++ a.txt\tnow',
    '@@ -3,4 +3,4 @@',
    ' three',
    '-total = price * 1',
    '+total = price * 2',
    ' ',
    '@@ -20 +20,2 @@',
    ' twenty',
    '+-- a comment',
    '\\ No newline at end of file'
  ].join('\n');

  const [first, second, ...others] = hunksFromUnified(text);

  assert.deepEqual(written(first?.lines ?? []), [
    ' three',
    '-total = price * [1]',
    '+total = price * [2]',
    ' '
  ]);
  assert.deepEqual(written(second?.lines ?? []), [' twenty', '+-- a comment']);
  assert.deepEqual(first?.lines.map(line => [line.old, line.new]), [
    [3, 3],
    [4, null],
    [null, 4],
    [5, 5]
  ]);
  assert.equal(second?.lines[1]?.new, 21);
  assert.deepEqual(others, []);
});

test('lines with hardly anything in common are not marked within', () => {
  const [hunk] = hunksFromUnified('@@ -1 +1 @@\n-completely\n+different');

  assert.deepEqual(written(hunk?.lines ?? []), ['-completely', '+different']);
});

test('added and removed lines are counted', () => {
  assert.deepEqual(tallyOf(hunksFromUnified('@@ -1 +1,2 @@\n-a\n+b\n+c')), { added: 2, removed: 1 });
});

test('operations on a text are carried out, what went before what came', () => {
  const operations = [
    { op: 'patch', key: 1, diff: [{ op: 'addrange', key: 5, valuelist: '00' }] },
    { op: 'addrange', key: 3, valuelist: ['w = 3\n', 'v = 4'] },
    { op: 'removerange', key: 3, length: 1 }
  ];

  const lines = linesFromOperations('import x\ny = 1\nz = 2\nold\nend\n', operations);

  assert.deepEqual(written(lines), [
    ' import x',
    '-y = 1',
    '+y = 1[00]',
    ' z = 2',
    '-old',
    '+w = 3',
    '+v = 4',
    ' end'
  ]);
});

test('what is no operation changes nothing', () => {
  const nonsense = [{ op: 'explode', key: 0 }, { op: 'patch', key: 'x' }, 7];

  assert.deepEqual(written(linesFromOperations('a\nb', nonsense)), [' a', ' b']);
});

test('only what is near a change is shown', () => {
  const text = Array.from({ length: 30 }, (_, index) => String(index)).join('\n');
  const operations = [
    { op: 'removerange', key: 5, length: 1 },
    { op: 'removerange', key: 9, length: 1 },
    { op: 'removerange', key: 25, length: 1 }
  ];

  const hunks = hunksAround(linesFromOperations(text, operations), 2);

  assert.deepEqual(
    hunks.map(hunk => hunk.lines.map(textOfLine)),
    [
      ['3', '4', '5', '6', '7', '8', '9', '10', '11'],
      ['23', '24', '25', '26', '27']
    ]
  );
});

// --- notebooks ---

function code(source: string, ...outputs: string[]) {
  const shown = outputs.map(text => ({ output_type: 'stream', name: 'stdout', text }));
  return { cell_type: 'code', metadata: {}, source, outputs: shown, execution_count: 1 };
}

test('a notebook is told from other JSON', () => {
  assert.equal(notebookFrom('{"cells": 3}'), null);
  assert.equal(notebookFrom('not JSON'), null);
  assert.deepEqual(notebookFrom('{"cells": []}'), { cells: [] });
});

test('the cells of a notebook are read whichever way their text is written', () => {
  const notebook = { cells: [{ cell_type: 'code', source: ['a\n', 'b'] }, { cell_type: 'odd' }] };

  assert.deepEqual(cellsOf(notebook).map(cell => [cell.type, cell.source]), [
    ['code', 'a\nb'],
    ['raw', '']
  ]);
  assert.equal(languageOf({ metadata: { kernelspec: { language: 'R' } } }), 'R');
});

test('what became of each cell is told', () => {
  const old = { cells: [code('same'), code('x = 1', '1\n'), code('gone')], metadata: {} };
  const current = { cells: [code('same'), code('new'), code('x = 2', '2\n')], metadata: { a: 1 } };
  const difference = [
    {
      op: 'patch',
      key: 'cells',
      diff: [
        { op: 'addrange', key: 1, valuelist: [code('new')] },
        {
          op: 'patch',
          key: 1,
          diff: [
            { op: 'patch', key: 'outputs', diff: [{ op: 'removerange', key: 0, length: 1 }] },
            {
              op: 'patch',
              key: 'source',
              diff: [{ op: 'addrange', key: 0, valuelist: ['x = 2'] }, { op: 'removerange', key: 0, length: 1 }]
            }
          ]
        },
        { op: 'removerange', key: 2, length: 1 }
      ]
    }
  ];

  const { cells, metadata } = notebookChange(old, current, difference);

  assert.deepEqual(cells.map(cell => cell.kind), ['same', 'added', 'changed', 'removed']);
  assert.deepEqual(written(cells[2]?.lines ?? []), ['-x = 1', '+x = 2']);
  assert.deepEqual(cells[2]?.outputs?.new.map(one => one.text), ['2\n']);
  assert.equal(cells[0]?.outputs, null);
  assert.deepEqual(written(metadata ?? []), ['-{}', '+{', '+  "a": 1', '+}']);
});

test('a cell that was only run again has not changed', () => {
  const notebook = { cells: [code('x')] };
  const diff = [{ op: 'replace', key: 'execution_count', value: 2 }];
  const difference = [{ op: 'patch', key: 'cells', diff: [{ op: 'patch', key: 0, diff }] }];

  const { cells } = notebookChange(notebook, notebook, difference);

  assert.deepEqual(cells.map(cell => cell.kind), ['same']);
});

// --- words ---

const NOON = new Date(2026, 5, 15, 12);

for (const [at, words] of [
  [new Date(2026, 5, 15, 11, 59, 40), 'now'],
  [new Date(2026, 5, 15, 11, 55), '5 minutes ago'],
  [new Date(2026, 5, 15, 9), '3 hours ago'],
  [new Date(2026, 5, 14, 23, 30), '11:30 PM']
] as const) {
  test(`at noon, ${at.toTimeString()} is ${words}`, () => {
    assert.equal(relativeTime(at, NOON, 'en'), words);
  });
}

test('revisions are grouped by day', () => {
  const times = [new Date(2026, 5, 15, 1), new Date(2026, 5, 15, 0), new Date(2026, 5, 14, 23), new Date(2025, 0, 1)];
  const days = byDay(times.map((at, index) => revision(String(index), at)), NOON, 'en');

  assert.deepEqual(days.map(day => [day.name, day.revisions.length]), [
    ['Today', 2],
    ['Yesterday', 1],
    ['Wednesday, January 1, 2025', 1]
  ]);
});

test('sizes have three digits at most', () => {
  assert.deepEqual([0, 999, 1000, 1536, 2 ** 20 * 20, 2 ** 31].map(sizeText), [
    '0 B',
    '999 B',
    '1.0 KB',
    '1.5 KB',
    '20 MB',
    '2.0 GB'
  ]);
});

for (const [path, original] of [
  ['sub/a.b.txt (conflict of x).txt', null],
  ['sub/a.b (conflict of Ada L 2026-01-02 03.04.05).txt', 'sub/a.b.txt'],
  ['Makefile (conflict of Ada 2026-01-02 03.04.05 2)', 'Makefile'],
  ['a.txt', null]
] as const) {
  test(`"${path}" is a conflict copy of ${original}`, () => {
    assert.equal(originalOf(path), original);
  });
}

test('a copy of an earlier state says of when it is', () => {
  const at = new Date(2026, 0, 2, 3, 4);

  assert.equal(copyName('sub.d/a.ipynb', at), 'sub.d/a (2026-01-02 03.04).ipynb');
  assert.equal(copyName('sub.d/Makefile', at), 'sub.d/Makefile (2026-01-02 03.04)');
});

// --- places ---

test('a path is found in its project, which is asked for again when it is new', async () => {
  let asked = 0;
  const thesis = { id: 'p', folder: 'thesis', role: 'viewer' } as const;
  const places = new Places(async () => (++asked === 1 ? [] : [thesis]));

  const place = await places.place('thesis/sub/a.txt');

  assert.deepEqual([place?.path, place?.mayWrite, asked], ['sub/a.txt', false, 2]);
  assert.equal((await places.place('thesis'))?.path, '');
  assert.equal(await places.place(''), null);
  assert.equal(asked, 2);
});

test('projects that could not be asked for are asked for again', async () => {
  let asked = 0;
  const places = new Places(async () => {
    asked += 1;
    throw new Error('offline');
  });

  await assert.rejects(places.place('thesis/a'));
  await assert.rejects(places.place('thesis/a'));

  assert.equal(asked, 2);
});

// --- the model ---

interface IWorld {
  readonly model: HistoryModel;
  readonly asked: string[];
  answer: (path: string, before: string | null) => Promise<IPage>;
}

function world(): IWorld {
  const asked: string[] = [];
  const page = (revisions: IRevision[], next: string | null): IPage => ({ revisions, next, copies: [] });
  const found: IWorld = {
    asked,
    answer: async (_, before) =>
      before === null ? page([revision('3'), revision('2')], '2') : page([revision('1')], null),
    model: new HistoryModel({
      revisions: (place, before) => {
        asked.push(`${place.path} ${before ?? 'newest'}`);
        return found.answer(place.path, before);
      },
      gone: async () => page([revision('gone')], null),
      checkpoints: async () => [],
      words: reason => (reason as Error).message
    })
  };
  return found;
}

async function shown({ model }: IWorld): Promise<string[]> {
  while (model.state.kind === 'loading') {
    await new Promise<void>(resolve => {
      const once = () => {
        model.changed.disconnect(once);
        resolve();
      };
      model.changed.connect(once);
    });
  }
  return model.page.revisions.map(one => one.id);
}

test('nothing is asked for while nobody looks', async () => {
  const one = world();
  one.model.follow(PLACE);
  await one.model.refresh();
  assert.deepEqual(one.asked, []);

  one.model.isVisible = true;

  assert.deepEqual(await shown(one), ['3', '2']);
  assert.deepEqual(one.asked, ['a.txt newest']);
});

test('older revisions are added below, and stay when newer ones come above', async () => {
  const one = world();
  one.model.isVisible = true;
  one.model.follow(PLACE);
  await shown(one);

  await one.model.more();
  assert.deepEqual(await shown(one), ['3', '2', '1']);
  await one.model.more();
  const newer = { revisions: [revision('4'), revision('3'), revision('2')], next: '2', copies: [] };
  one.answer = async () => newer;
  await one.model.refresh();

  assert.deepEqual(await shown(one), ['4', '3', '2', '1']);
  assert.equal(one.model.page.next, null);
  assert.deepEqual(one.asked, ['a.txt newest', 'a.txt 2', 'a.txt newest']);
});

test('a history that has gone on for more than a page begins anew', async () => {
  const one = world();
  one.model.isVisible = true;
  one.model.follow(PLACE);
  await shown(one);
  one.answer = async () => ({ revisions: [revision('9'), revision('8')], next: '8', copies: [] });
  await one.model.refresh();

  assert.deepEqual([await shown(one), one.model.page.next], [['9', '8'], '8']);
});

test('the answer for a file that is no longer in front is dropped', async () => {
  const one = world();
  let resolve: (page: IPage) => void = () => undefined;
  const late = new Promise<IPage>(done => (resolve = done));
  one.answer = path =>
    path === 'a.txt' ? late : Promise.resolve({ revisions: [revision('b')], next: null, copies: [] });
  one.model.isVisible = true;
  one.model.follow(PLACE);

  one.model.follow({ ...PLACE, path: 'b.txt' });
  assert.deepEqual(await shown(one), ['b']);
  resolve({ revisions: [revision('a')], next: null, copies: [] });
  await late;

  assert.deepEqual(await shown(one), ['b']);
});

test('a refusal is told in its own words', async () => {
  const one = world();
  one.answer = () => Promise.reject(new Error('There is no such file.'));
  one.model.isVisible = true;
  one.model.follow(PLACE);
  await shown(one);

  assert.deepEqual(one.model.state, { kind: 'refused', message: 'There is no such file.' });
});

test('a project in front has checkpoints and what is gone, and no history of a file', async () => {
  const one = world();
  one.model.isVisible = true;
  one.model.follow({ ...PLACE, path: '' });
  assert.deepEqual([await shown(one), one.model.state.kind, one.asked], [[], 'nothing', []]);

  one.model.show('gone');

  assert.deepEqual(await shown(one), ['gone']);
});
