/** Replacements of core plugins that make the page usable sooner. */

import { settings } from './settings.js';
import { splash } from './splash.js';
import { state } from './state.js';

export default [settings, splash, state];
