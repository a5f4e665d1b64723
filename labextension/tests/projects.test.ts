import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProjectGate } from '../src/projects/gate.js';
import { Projects, type Listed } from '../src/projects/model.js';
import { projectOfPath } from '../src/projects/paths.js';

function folder(name: string, day = '2026-01-01'): Listed {
  return { name, type: 'directory', last_modified: `${day}T00:00:00Z` };
}

/** A server with those folders; `create` adds one. */
function projectsOf(...folders: Listed[]): Projects {
  return new Projects({
    create: async name => {
      folders.push(folder(name, '2025-01-01'));
      return name;
    },
    list: async () => [...folders]
  });
}

for (const [path, project] of [
  ['', ''],
  ['/', ''],
  ['demo', 'demo'],
  ['/demo/', 'demo'],
  ['demo (Ada)/a.ipynb', 'demo (Ada)']
] as const) {
  test(`the project of "${path}" is "${project}"`, () => {
    assert.equal(projectOfPath(path), project);
  });
}

test('nothing is known before the first listing', () => {
  const projects = projectsOf(folder('demo'));

  assert.equal(projects.folders, null);
  assert.equal(projects.preferred, null);
});

test('the projects are the folders of the listing', async () => {
  const readme: Listed = { name: 'README.md', type: 'file', last_modified: '' };
  const projects = projectsOf(folder('a'), folder('b'), readme);

  await projects.refresh();

  assert.deepEqual(projects.folders, ['a', 'b']);
});

test('the most recently changed project is preferred', async () => {
  const projects = projectsOf(folder('a'), folder('b', '2026-06-01'), folder('c'));

  await projects.refresh();

  assert.equal(projects.preferred, 'b');
});

test('the project that was visited last is preferred to the newest', async () => {
  const projects = projectsOf(folder('a'), folder('b', '2026-06-01'));
  await projects.refresh();

  projects.visit('a/notes');
  projects.visit('');

  assert.equal(projects.preferred, 'a');
});

test('a visited project that is gone is not preferred', async () => {
  const projects = projectsOf(folder('a'));
  projects.visit('deleted/x');

  await projects.refresh();

  assert.equal(projects.preferred, 'a');
});

test('a new project is listed, preferred and announced', async () => {
  const projects = projectsOf(folder('a', '2026-06-01'));
  let changes = 0;
  projects.changed.connect(() => (changes += 1));

  assert.equal(await projects.create('mine'), 'mine');

  assert.deepEqual(projects.folders, ['a', 'mine']);
  assert.equal(projects.preferred, 'mine');
  assert.equal(changes, 1);
});

test('a path inside a project passes the gate as it is', async () => {
  const gate = new ProjectGate();
  gate.chooser = () => assert.fail('the user was asked');

  assert.equal(await gate.locate('demo/sub'), 'demo/sub');
});

test('before somebody can choose, the gate is open', async () => {
  assert.equal(await new ProjectGate().locate(''), '');
});

test('two things made at the top at once ask one question', async () => {
  const gate = new ProjectGate();
  let asked = 0;
  gate.chooser = async () => `demo${++asked}`;

  assert.deepEqual(await Promise.all([gate.locate(''), gate.locate('/')]), ['demo1', 'demo1']);
  assert.equal(await gate.locate(''), 'demo2');
});

test('after a refusal the gate asks again', async () => {
  const gate = new ProjectGate();
  gate.chooser = () => Promise.reject(new Error('no'));
  await assert.rejects(gate.locate(''));
  gate.chooser = async () => 'demo';

  assert.equal(await gate.locate(''), 'demo');
});
