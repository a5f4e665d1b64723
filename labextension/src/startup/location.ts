/** What the address of a page says about its workspace. */

/** The wishes in a query string such as `?clone=teaching&reset`. */
export interface IWorkspaceWishes {
  /** The workspace to copy the state from, `''` for the default one, null for none. */
  readonly clone: string | null;
  readonly reset: boolean;
}

export function wishesFromQuery(search: string): IWorkspaceWishes {
  const query = new URLSearchParams(search);
  return { clone: query.get('clone'), reset: query.has('reset') };
}

/** The query string without the given parameters; `''` or with a leading question mark. */
export function queryWithout(search: string, ...names: readonly string[]): string {
  const query = new URLSearchParams(search);
  names.forEach(name => query.delete(name));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
