/** From one thread or file of a submission to the next. */

import type { SubmissionModel } from './model.js';
import { pathOf } from './places.js';
import type { IThread } from './said.js';

const NO_THREAD: Pick<IThread, 'now' | 'path'> = { now: null, path: null };

/** Bring the thread after or before the one in front to the front. */
export async function stepThread(model: SubmissionModel, by: 1 | -1): Promise<void> {
  const { threads } = model;
  const at = threads.findIndex(one => one.id === model.selected);
  const count = threads.length;
  const next = threads[(at + by + (at < 0 && by < 0 ? 1 : 0) + count) % (count || 1)];
  const path = next === undefined ? null : pathOf(next);
  await model.showThread(next?.id ?? null);
  if (path !== null && path !== pathOf(threads[at] ?? NO_THREAD)) {
    // Which comes first in a file is known only when its cells are.
    const there = model.threads.filter(one => pathOf(one) === path);
    await model.showThread((by > 0 ? there[0] : there.at(-1))?.id ?? null);
  }
}

/** Show the file after or before the one that is shown. */
export async function stepFile(model: SubmissionModel, by: 1 | -1): Promise<void> {
  const at = model.files.findIndex(one => one.path === model.path);
  const next = model.files[at + by];
  if (next !== undefined) {
    await model.showFile(next.path);
  }
}

/** Show what changed in the next, or previous, file that did; resolves with whether there is one. */
export async function stepChangedFile(model: SubmissionModel, by: 1 | -1): Promise<boolean> {
  const paths = model.files.map(one => one.path).filter(one => model.changedPaths.has(one));
  const at = paths.indexOf(model.path ?? '');
  const next = at < 0 ? paths[0] : paths[at + by];
  if (next !== undefined) {
    await model.showFile(next, 'changes');
  }
  return next !== undefined;
}
