/** The questions and answers about a project's past. */

import { Dialog, InputDialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICheckpoint, IChanges, IReturn, IRevision } from './data.js';
import { nameOf, shortTime } from './words.js';

/** Paths that are named one by one; of more, the number is told. */
const MOST = 12;

/** Whether a file shall be what it was. */
export async function confirmRestore(
  path: string,
  revision: IRevision,
  isDirty: boolean,
  trans: TranslationBundle
): Promise<boolean> {
  const unsaved = trans.__(
    'What you have not saved yet is saved first, so that it stays in the history, too.'
  );
  const text = trans.__(
    '“%1” becomes what it was on %2. What it is now stays in the history.',
    nameOf(path),
    shortTime(revision.at)
  );
  const result = await showDialog({
    title: trans.__('Restore this revision?'),
    body: isDirty ? `${text} ${unsaved}` : text,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Restore') })]
  });
  return result.button.accept;
}

/** Where a copy shall be saved, within the project; null for nowhere. */
export async function askForPath(
  suggestion: string,
  label: string,
  trans: TranslationBundle
): Promise<string | null> {
  const dot = suggestion.lastIndexOf('.');
  const answer = await InputDialog.getText({
    title: trans.__('Save a copy as'),
    label,
    text: suggestion,
    selectionRange: dot > 0 ? dot : suggestion.length,
    okLabel: trans.__('Save'),
    required: true
  });
  const path = answer.value?.trim().replace(/^\/+/, '') ?? '';
  return answer.button.accept && path !== '' ? path : null;
}

/** What a checkpoint shall be called; null for no checkpoint. */
export async function askForName(text: string, trans: TranslationBundle): Promise<string | null> {
  const answer = await InputDialog.getText({
    title: trans.__('New checkpoint'),
    label: trans.__('All files of the project, as they are now, can be brought back by this name.'),
    placeholder: trans.__('Name, such as “before the rewrite”'),
    okLabel: trans.__('Create'),
    text,
    required: true
  });
  return answer.button.accept ? (answer.value?.trim() ?? null) : null;
}

/** Whether all files shall be what they were. */
export async function confirmReturn(
  checkpoint: string,
  changes: IChanges,
  trans: TranslationBundle
): Promise<boolean> {
  const restored = [...changes.changed, ...changes.missing].map(one => one.path);
  const removed = changes.extra.map(one => one.path);
  const result = await showDialog({
    title: trans.__('Bring all files back to “%1”?', checkpoint),
    body: ReactWidget.create(
      <div className="platform-Dialog">
        <Paths title={trans.__('These become what they were:')} paths={restored} trans={trans} />
        <Paths title={trans.__('These are new since, and are removed:')} paths={removed} trans={trans} />
        <p>
          {trans.__('What the project is now becomes a checkpoint first, so nothing is lost.')}
        </p>
      </div>
    ),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Bring back') })]
  });
  return result.button.accept;
}

/** Tell what was done. */
export async function tellReturn(
  checkpoint: string,
  done: IReturn,
  trans: TranslationBundle
): Promise<void> {
  await showDialog({
    title: trans.__('The project is back at “%1”', checkpoint),
    body: ReactWidget.create(
      <div className="platform-Dialog">
        <Paths title={trans.__('Restored:')} paths={done.restored} trans={trans} />
        <Paths title={trans.__('Removed:')} paths={done.removed} trans={trans} />
        <Paths title={trans.__('Left alone, as something is in the way:')} paths={done.left} trans={trans} />
        {done.restored.length + done.removed.length + done.left.length === 0 && (
          <p>{trans.__('Nothing had changed.')}</p>
        )}
      </div>
    ),
    buttons: [Dialog.okButton()]
  });
}

export async function confirmDeletion(
  checkpoint: ICheckpoint,
  name: string,
  trans: TranslationBundle
): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Delete the checkpoint “%1”?', name),
    body: trans.__(
      'No file changes. The %1 states of files that it marks are then kept only as long as others are.',
      checkpoint.files
    ),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })]
  });
  return result.button.accept;
}

function Paths(props: {
  readonly title: string;
  readonly paths: readonly string[];
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { title, paths, trans } = props;
  return paths.length === 0 ? null : (
    <>
      <h4>{title}</h4>
      <ul>
        {paths.slice(0, MOST).map(path => <li key={path}>{path}</li>)}
        {paths.length > MOST && <li>{trans.__('and %1 more', paths.length - MOST)}</li>}
      </ul>
    </>
  );
}
