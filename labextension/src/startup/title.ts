/** The title of the browser's tab. */

// Longer names push the project's name out of a browser tab.
const MAX_NAME = 24;

/** `analysis.ipynb – demo` for a document in a project, else the application's name. */
export function pageTitle(path: string | null, application: string): string {
  const parts = (path ?? '').split('/').filter(part => part !== '');
  const name = parts.at(-1);
  if (name === undefined) {
    return application;
  }
  const project = parts.length > 1 ? parts[0] : application;
  return `${shortened(name)} – ${project}`;
}

function shortened(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}
