/** Filling a settings document with its schema's defaults, without compiling the schema. */

import { JSONExt, type JSONObject, type JSONValue } from '@lumino/coreutils';

type Schema = Readonly<Record<string, unknown>>;

// A schema that refers to itself would otherwise be followed for ever.
const MAX_DEPTH = 20;

/** The document that a user who changed nothing gets: the same that AJV's `useDefaults` makes. */
export function defaultsOf(schema: Schema): JSONObject {
  const data: JSONObject = {};
  fill(schema, data, schema, 0);
  return data;
}

function fill(schema: unknown, data: JSONValue, root: Schema, depth: number): void {
  if (!isSchema(schema) || depth > MAX_DEPTH) {
    return;
  }
  fill(referred(schema, root), data, root, depth + 1);
  for (const part of listOf(schema.allOf)) {
    fill(part, data, root, depth + 1);
  }
  if (Array.isArray(data)) {
    data.forEach(item => fill(schema.items, item as JSONValue, root, depth + 1));
  } else if (isSchema(data)) {
    fillProperties(schema, data as JSONObject, root, depth);
  }
}

function fillProperties(schema: Schema, data: JSONObject, root: Schema, depth: number): void {
  for (const [key, property] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
    if (data[key] === undefined && isSchema(property) && property.default !== undefined) {
      data[key] = JSONExt.deepCopy(property.default as JSONValue);
    }
    const value = data[key];
    if (value !== undefined) {
      fill(property, value, root, depth + 1);
    }
  }
}

/** What a local `$ref` such as `#/definitions/rank` points to. */
function referred(schema: Schema, root: Schema): unknown {
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#/')) {
    return null;
  }
  const steps = schema.$ref.slice('#/'.length).split('/');
  return steps.reduce<unknown>((at, step) => (isSchema(at) ? at[step] : null), root);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
