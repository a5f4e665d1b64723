// Bundles each test into one file for Node: JupyterLab's packages name their modules in a way
// that only bundlers resolve.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rspack } from '@rspack/core';

const here = dirname(fileURLToPath(import.meta.url));
const tests = readdirSync(here).filter(name => name.endsWith('.test.ts'));

const compiler = rspack({
  mode: 'none',
  target: 'node20',
  context: here,
  entry: Object.fromEntries(tests.map(name => [name.slice(0, -'.ts'.length), `./${name}`])),
  output: { path: join(here, '..', 'lib', 'tests'), filename: '[name].cjs', clean: true },
  resolve: {
    mainFields: ['main', 'module'],
    // Needs a document as soon as it is loaded; the setting registry imports it, models do not.
    alias: { '@lumino/commands': false },
    extensions: ['.js', '.json'],
    extensionAlias: { '.js': ['.ts', '.tsx', '.js'] }
  },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        type: 'javascript/auto',
        loader: 'builtin:swc-loader',
        options: { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2022' } }
      }
    ]
  }
});

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString({ all: false, errors: true }));
    process.exitCode = 1;
  }
  compiler.close(() => undefined);
});
