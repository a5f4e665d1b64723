/** Saves what is open of a project before its sandbox is stopped. */

/** The part of a document's context that this looks at. */
export interface IOpenDocument {
  readonly path: string;
  readonly canSave?: boolean;
  readonly model: { readonly dirty: boolean };
  save(): Promise<void>;
}

/** Save the documents that lie in a folder and have changes; the page says itself what it cannot. */
export async function saveChanged(
  documents: Iterable<IOpenDocument>,
  isInside: (path: string) => boolean
): Promise<void> {
  const changed = [...documents].filter(
    one => one.canSave !== false && one.model.dirty && isInside(one.path)
  );
  await Promise.allSettled(changed.map(one => one.save()));
}
