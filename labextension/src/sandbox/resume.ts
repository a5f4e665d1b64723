/** Starts a project's sandbox again, with kernels for its open documents. */

import type { ISessionContext } from '@jupyterlab/apputils';

import { projectOfPath } from '../projects/paths.js';

/** The part of a session context that this looks at. */
export type Resumable = Pick<
  ISessionContext,
  'changeKernel' | 'isDisposed' | 'path' | 'session'
>;

/**
 * Give each open document of the project whose kernel is dead another one of the same kind.
 *
 * Resolves with how many that were. Rejects when one could not be started.
 */
export async function reviveKernels(
  sessions: Iterable<Resumable>,
  folder: string
): Promise<number> {
  const dead = [...sessions].flatMap(one => {
    const kernel = one.isDisposed ? null : one.session?.kernel;
    const isOurs = kernel?.status === 'dead' && projectOfPath(one.path) === folder;
    return isOurs ? [one.changeKernel({ name: kernel.name })] : [];
  });
  await Promise.all(dead);
  return dead.length;
}
