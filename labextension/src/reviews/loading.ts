/** What a round of a submission has in it, beside an earlier one. */

import type { ISubmissionView, ISubmittedFile } from './data.js';
import type { IReproduction } from './reproduction.js';
import type { ReviewApi } from './restapi.js';
import type { IThread } from './said.js';

export interface ILoadedRound {
  readonly files: readonly ISubmittedFile[];
  readonly threads: readonly IThread[];
  /** Whether it reproduces; null if it was not run. */
  readonly check: IReproduction | null;
  /** Paths of the files that the earlier round does not have like this. */
  readonly changedPaths: ReadonlySet<string>;
  /** Paths of the files that only the earlier round has. */
  readonly removedPaths: readonly string[];
}

/** Ask for a round, and compare it with an earlier one; with 0 nothing has changed. */
export async function loadedRound(
  api: ReviewApi,
  id: string,
  round: number,
  against: number
): Promise<ILoadedRound> {
  const [files, threads, check, before] = await Promise.all([
    api.files(id, round),
    api.threads(id, round),
    api.reproduction(id, round),
    against > 0 ? api.files(id, against) : null
  ]);
  const known = new Set(before?.map(one => `${one.sha256} ${one.path}`));
  const isNew = (one: ISubmittedFile) => before !== null && !known.has(`${one.sha256} ${one.path}`);
  const paths = new Set(files.map(one => one.path));
  return {
    files,
    threads,
    check,
    changedPaths: new Set(files.filter(isNew).map(one => one.path)),
    removedPaths: (before ?? []).map(one => one.path).filter(one => !paths.has(one))
  };
}

/** The file to begin with: one that has changed, or a notebook, if there is one. */
export function preferredOf({ files, changedPaths }: ILoadedRound): ISubmittedFile | undefined {
  const isNotebook = (one: ISubmittedFile) => one.path.endsWith('.ipynb');
  const changed = files.filter(one => changedPaths.has(one.path));
  return changed.find(isNotebook) ?? changed[0] ?? files.find(isNotebook) ?? files[0];
}

/** The latest round before one that somebody decided about, else the one before; 0 for the first. */
export function lastLookedAt(view: ISubmissionView | null, round: number): number {
  const decided = view?.rounds.filter(one => one.number < round && one.decision !== null) ?? [];
  return decided.at(-1)?.number ?? round - 1;
}
