/** Numbers and titles for terminals, which come and go. */

const WORKSPACE = '/workspace'; // the project's folder, in a sandbox

/** The smallest number from 1 that is not taken. */
export function lowestFree(taken: ReadonlySet<number>): number {
  let number = 1;
  while (taken.has(number)) {
    number += 1;
  }
  return number;
}

/**
 * What to show instead of a title that a terminal was given; null for what programs have chosen.
 *
 * Core shows the session's name, and a shell the folder that it is in.
 */
export function titled(
  title: string,
  session: string,
  text: string
): { readonly label: string; readonly caption: string } | null {
  if (title.endsWith(session) || title === WORKSPACE) {
    return { label: text, caption: text };
  }
  if (title.startsWith(`${WORKSPACE}/`)) {
    const folder = title.slice(WORKSPACE.length + 1);
    return { label: `${text} · ${folder.split('/').at(-1) ?? ''}`, caption: `${text} · ${folder}` };
  }
  return /^[~/]/.test(title) ? { label: `${text} · ${title}`, caption: `${text} · ${title}` } : null;
}
