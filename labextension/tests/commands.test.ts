import assert from 'node:assert/strict';
import { test } from 'node:test';

import { durationText, insertable, NOTHING, pageFrom, type IPage } from '../src/commands/data.js';
import { CommandsModel } from '../src/commands/model.js';
import type { IProject } from '../src/projects/tokens.js';

const LINE = {
  id: 'c1',
  text: 'make',
  cwd: 'sub',
  exit_code: 2,
  began_at: '2026-01-01T00:00:00+00:00',
  duration_ms: 1500
};
const THESIS: IProject = { id: 'p1', folder: 'thesis', role: 'owner' };

test('what the server says becomes command lines, and what it should not say nothing', () => {
  const [command] = pageFrom({ commands: [LINE, 'x', null], more: true }).commands;
  assert.deepEqual(command, {
    id: 'c1',
    text: 'make',
    cwd: 'sub',
    exitCode: 2,
    at: new Date(LINE.began_at),
    milliseconds: 1500
  });
  for (const answer of [null, [], {}, { commands: 'x' }]) {
    assert.equal(pageFrom(answer), NOTHING);
  }
});

for (const text of ['', 'a\nb', 'rm -rf /\r', '\u001b[A', 'a\tb', 'x\u0090']) {
  test(`${JSON.stringify(text)} would do something in a terminal`, () => {
    assert.equal(insertable(text), null);
  });
}

test('a line of letters can be put into a terminal', () => {
  assert.equal(insertable('echo "größer" | wc'), 'echo "größer" | wc');
});

for (const [milliseconds, text] of [
  [900, ''],
  [1500, '1.5 s'],
  [59_000, '59 s'],
  [61_000, '1 min 1 s'],
  [7_260_000, '2 h 1 min']
] as const) {
  test(`${milliseconds} ms are shown as "${text}"`, () => {
    assert.equal(durationText(milliseconds), text);
  });
}

function page(more: boolean, ...texts: string[]): IPage {
  return pageFrom({ commands: texts.map(text => ({ ...LINE, id: text, text })), more });
}

function shown(model: CommandsModel): string[] {
  return model.page.commands.map(one => one.text);
}

function modelOver(search: CommandsModel.IOptions['search']): CommandsModel {
  const nothing = () => Promise.resolve();
  return new CommandsModel({ search, forget: nothing, forgetAll: nothing, words: String });
}

test('the list follows the project and the words, and grows by pages', async () => {
  const asked: unknown[] = [];
  const model = modelOver((...what) => {
    asked.push(what);
    return Promise.resolve(what[2] === null ? page(true, 'c', 'b') : page(false, 'a'));
  });
  await model.follow(THESIS);
  await model.follow({ ...THESIS });
  await model.more();
  assert.deepEqual(shown(model), ['c', 'b', 'a']);
  await model.look('git');
  assert.deepEqual(asked, [
    ['p1', '', null],
    ['p1', '', 'b'],
    ['p1', 'git', null]
  ]);
  await model.follow(null);
  assert.deepEqual(shown(model), []);
});

test('an answer that comes late does not take the place of a newer one', async () => {
  const answers: ((found: IPage) => void)[] = [];
  const model = modelOver(() => new Promise(resolve => answers.push(resolve)));
  const both = Promise.all([model.follow(THESIS), model.look('x')]);
  answers[1]?.(page(false, 'new'));
  answers[0]?.(page(false, 'old'));
  await both;
  assert.deepEqual(shown(model), ['new']);
});

test('a refusal is told, and what was there stays', async () => {
  let fails = false;
  const model = modelOver(() =>
    fails ? Promise.reject(new Error('no')) : Promise.resolve(page(false, 'a'))
  );
  await model.follow(THESIS);
  fails = true;
  await model.refresh();
  assert.deepEqual(shown(model), ['a']);
  assert.match(model.problem, /no/);
});
