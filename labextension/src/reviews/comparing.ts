/** What became of a file between two rounds. */

import { notebookChange, notebookFrom, type INotebookChange } from '../history/cells.js';
import type { IDifference } from '../history/data.js';
import type { IShown } from './parts.js';
import type { ReviewApi } from './restapi.js';

/** What became of a file since an earlier round. */
export interface IComparison {
  readonly difference: IDifference;
  /** Null for files that are no notebooks, or cannot be compared as such. */
  readonly notebook: INotebookChange | null;
  /** The file in parts as it was; null if it was not there. */
  readonly before: IShown | null;
}

export async function comparisonOf(
  api: ReviewApi,
  id: string,
  path: string,
  rounds: { readonly against: number; readonly round: number }
): Promise<IComparison> {
  const { against, round } = rounds;
  const difference = await api.difference(id, path, against, round);
  if (difference.kind === 'same') {
    return { difference, notebook: null, before: null };
  }
  const [before, ...texts] = await Promise.all([
    api.shown(id, against, path).catch(() => null),
    ...(difference.notebook === null
      ? []
      : [api.text(id, against, path), api.text(id, round, path)])
  ]);
  const [old, current] = texts.map(notebookFrom);
  const notebook = old && current ? notebookChange(old, current, difference.notebook) : null;
  return { difference, notebook, before };
}
