/** The plugins of the Python Execution Platform. */

import account from './account/index.js';
import admin from './admin/index.js';
import archives from './archives/index.js';
import commands from './commands/index.js';
import consoles from './consoles/index.js';
import desk from './desk/index.js';
import endings from './endings/index.js';
import executor from './executor/index.js';
import history from './history/index.js';
import launcher from './launcher/index.js';
import packages from './packages/index.js';
import projects from './projects/index.js';
import quota from './quota/index.js';
import reconnect from './reconnect/index.js';
import reviews from './reviews/index.js';
import sandbox from './sandbox/index.js';
import startup from './startup/index.js';
import storage from './storage/index.js';
import terminals from './terminals/index.js';

export default [
  account,
  admin,
  archives,
  commands,
  consoles,
  desk,
  endings,
  ...executor,
  history,
  launcher,
  packages,
  ...projects,
  quota,
  ...reconnect,
  reviews,
  sandbox,
  ...startup,
  storage,
  terminals
];
