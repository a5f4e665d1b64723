import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { DefaultSchemaValidator, type ISettingRegistry } from '@jupyterlab/settingregistry';

import { defaultsOf } from '../src/startup/defaults.js';
import { queryWithout, wishesFromQuery } from '../src/startup/location.js';
import { pageTitle } from '../src/startup/title.js';
import { LazyValidator } from '../src/startup/validator.js';

// The schemas of the JupyterLab that the project installs; LAB_SCHEMAS names another folder.
const SCHEMAS =
  process.env.LAB_SCHEMAS ?? join(process.cwd(), '..', '.venv', 'share', 'jupyter', 'lab', 'schemas');

function pluginWith(schema: object, raw = '{}'): ISettingRegistry.IPlugin {
  return { id: 'p:q', version: '', raw, data: {}, schema } as unknown as ISettingRegistry.IPlugin;
}

function schemasOf(folder: string): readonly object[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf-8' })
    .filter(name => name.endsWith('.json') && !name.endsWith('package.json.orig'))
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf-8')) as object)
    .filter(schema => 'type' in schema && schema.type === 'object');
}

test("untouched settings of every schema of JupyterLab are what core's validator makes", () => {
  assert.ok(existsSync(SCHEMAS), `set LAB_SCHEMAS: there is no ${SCHEMAS}`);
  const schemas = schemasOf(SCHEMAS);
  assert.ok(schemas.length > 40);
  const never = new LazyValidator(() => assert.fail('a schema was compiled'));
  for (const schema of schemas) {
    const [ours, cores] = [pluginWith(schema), pluginWith(schema)];

    assert.equal(never.validateData(ours), null);
    new DefaultSchemaValidator().validateData(cores);

    assert.deepEqual(ours.data, cores.data);
  }
});

test('settings of the user are validated in full', () => {
  const schema = { type: 'object', properties: { size: { type: 'number', default: 3 } } };
  const lazy = new LazyValidator(() => new DefaultSchemaValidator());
  const good = pluginWith(schema, '{"size": 5}');

  assert.equal(lazy.validateData(good), null);
  assert.deepEqual(good.data.composite, { size: 5 });
  assert.ok(lazy.validateData(pluginWith(schema, '{"size": "big"}')));
});

test('a schema that refers to itself is not followed for ever', () => {
  const schema = {
    type: 'object',
    definitions: { node: { properties: { next: { $ref: '#/definitions/node', default: {} } } } },
    properties: { first: { $ref: '#/definitions/node', default: {} } }
  };

  assert.ok(defaultsOf(schema).first);
});

test('defaults are copies: a change of one user must not change the schema', () => {
  const schema = { type: 'object', properties: { list: { default: [] } } };

  (defaultsOf(schema).list as string[]).push('changed');

  assert.deepEqual(defaultsOf(schema), { list: [] });
});

for (const [search, clone, reset] of [
  ['', null, false],
  ['?reset', null, true],
  ['?a=1&reset=1', null, true],
  ['?clone', '', false],
  ['?clone=teaching&reset', 'teaching', true],
  ['?preset', null, false]
] as const) {
  test(`"${search}" asks for clone ${clone} and reset ${reset}`, () => {
    assert.deepEqual(wishesFromQuery(search), { clone, reset });
  });
}

for (const [search, rest] of [
  ['?reset', ''],
  ['?reset&a=1', '?a=1'],
  ['?a=1', '?a=1'],
  ['', '']
] as const) {
  test(`"${search}" without its reset is "${rest}"`, () => {
    assert.equal(queryWithout(search, 'reset'), rest);
  });
}

for (const [path, title] of [
  [null, 'Platform'],
  ['', 'Platform'],
  ['demo/analysis.ipynb', 'analysis.ipynb – demo'],
  ['demo/a/b/c.py', 'c.py – demo'],
  ['demo/a-really-quite-long-file-name.ipynb', 'a-really-quite-long-fil… – demo'],
  ['loose.txt', 'loose.txt – Platform']
] as const) {
  test(`the page of ${path} is titled "${title}"`, () => {
    assert.equal(pageTitle(path, 'Platform'), title);
  });
}
