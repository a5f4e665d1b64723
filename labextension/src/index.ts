/** The plugins of the Python Execution Platform. */

import account from './account/index.js';
import endings from './endings/index.js';
import executor from './executor/index.js';
import launcher from './launcher/index.js';
import projects from './projects/index.js';
import startup from './startup/index.js';

export default [account, endings, executor, launcher, ...projects, ...startup];
