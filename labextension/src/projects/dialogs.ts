/** The questions about projects. */

import { Dialog, InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IProjects } from './tokens.js';

/** The user was asked for a project and named none. */
export class NoProjectChosen extends Error {}

/**
 * Ask for a name until the server accepts it or the user gives up.
 *
 * @returns the new project's folder, or null.
 */
export async function createByDialog(
  projects: IProjects,
  trans: TranslationBundle
): Promise<string | null> {
  let text = '';
  for (;;) {
    const answer = await InputDialog.getText({
      title: trans.__('New project'),
      label: trans.__('A project holds your files and runs in a sandbox of its own.'),
      placeholder: trans.__('Name, such as “thesis”'),
      okLabel: trans.__('Create'),
      text,
      required: true
    });
    if (!answer.button.accept || answer.value === null) {
      return null;
    }
    text = answer.value.trim();
    try {
      return await projects.create(text);
    } catch (reason) {
      await showErrorMessage(trans.__('The project was not created'), textOfError(reason));
    }
  }
}

/**
 * Find the project that something new goes into: the only one, the one that is picked, or a new
 * one; rejects with NoProjectChosen.
 */
export async function chooseByDialog(
  projects: IProjects,
  trans: TranslationBundle
): Promise<string> {
  if (projects.folders === null) {
    await projects.refresh();
  }
  const folders = projects.folders ?? [];
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) {
    return only;
  }
  const folder =
    folders.length === 0 ? await createByDialog(projects, trans) : await pick(projects, trans);
  if (folder === null) {
    throw new NoProjectChosen(trans.__('Nothing was made: files and terminals live in a project.'));
  }
  return folder;
}

async function pick(projects: IProjects, trans: TranslationBundle): Promise<string | null> {
  const items = [...(projects.folders ?? [])];
  const answer = await InputDialog.getItem({
    title: trans.__('Which project is it for?'),
    items,
    current: Math.max(0, items.indexOf(projects.preferred ?? '')),
    okLabel: trans.__('Choose')
  });
  return answer.button.accept ? answer.value : null;
}

/** What to show for an error: its own words as plain text, never as markup. */
function textOfError(reason: unknown): Dialog.IError | string {
  return reason instanceof Error ? reason.message : String(reason);
}
