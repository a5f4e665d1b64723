/** Paths in the contents API: the first part of each is the folder of a project. */

/** The project folder that a path lies in, `''` for the top, which belongs to no project. */
export function projectOfPath(path: string): string {
  return path.split('/').find(part => part !== '') ?? '';
}
