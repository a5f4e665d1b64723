/** Takes a zip file into a project: with a progress, and with the outcome in words. */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import { ApiError } from '../server/refusal.js';
import { wordsOf } from '../server/words.js';
import type { IImported, IUpload } from './restapi.js';

/**
 * Milliseconds that the beginning is told. JupyterLab drops what is said of a message that is not on the
 * page yet: the outcome of a small file would never be seen.
 */
const SHOWN = 500;

export namespace Importing {
  export interface IOptions {
    readonly send: (upload: IUpload) => Promise<IImported>;
    readonly trans: TranslationBundle;
  }

  export interface IOrder {
    readonly project: string;
    /** Within the project. */
    readonly folder: string;
    /** What the folder is called to people. */
    readonly place: string;
    readonly file: File;
  }
}

/** Resolves when the import has ended, well or not; never rejects. */
export async function runImport(
  order: Importing.IOrder,
  options: Importing.IOptions
): Promise<void> {
  const { trans } = options;
  try {
    await attempt(order, false, options);
  } catch (reason) {
    if (reason instanceof ApiError && reason.reason === 'name_taken') {
      if (await confirmReplacing(reason.message, trans)) {
        await attempt(order, true, options).catch(() => undefined);
      }
    }
  }
}

/** Send it once, and tell in a notification how far that is, and how it ended. */
async function attempt(
  order: Importing.IOrder,
  replace: boolean,
  { send, trans }: Importing.IOptions
): Promise<void> {
  const { file, place, project, folder } = order;
  const ending = new AbortController();
  const shown = new Promise<void>(resolve => setTimeout(resolve, SHOWN));
  const id = Notification.emit(trans.__('Importing “%1” into “%2”…', file.name, place), 'in-progress', {
    autoClose: false,
    progress: 0,
    actions: [{ label: trans.__('Cancel'), callback: () => ending.abort() }]
  });
  const onProgress = (share: number) => {
    const message =
      share < 1
        ? trans.__('Importing “%1”: %2 sent of %3', file.name, sizeText(share * file.size), sizeText(file.size))
        : trans.__('Unpacking “%1” into “%2”…', file.name, place);
    Notification.update({ id, message, progress: Math.min(share, 0.99) });
  };
  const signal = ending.signal;
  try {
    const done = await send({ project, folder, file, replace, onProgress, signal });
    const message = outcomeText(done, order, trans);
    await shown;
    Notification.update({ id, type: 'success', message, ...ended, autoClose: 8000 });
  } catch (reason) {
    const why = wordsOf(reason, trans);
    const message = signal.aborted
      ? trans.__('The import of “%1” was cancelled.', file.name)
      : trans.__('“%1” was not imported, and nothing has changed. %2', file.name, why);
    // A question follows, or the user knows.
    const isExpected = signal.aborted || isTaken(reason, replace);
    const autoClose = isExpected ? 3000 : false;
    await shown;
    Notification.update({ id, type: isExpected ? 'info' : 'error', message, ...ended, autoClose });
    throw reason;
  }
}

/** What a notification has no longer when it has come to its end. */
const ended = { actions: [], progress: 1 };

function isTaken(reason: unknown, replace: boolean): boolean {
  return !replace && reason instanceof ApiError && reason.reason === 'name_taken';
}

function outcomeText(
  { files, unchanged, bytes }: IImported,
  { file, place }: Importing.IOrder,
  trans: TranslationBundle
): string {
  const saved = trans._n(
    '“%2” is imported into “%3”: %1 file, %4.',
    '“%2” is imported into “%3”: %1 files, %4.',
    files,
    file.name,
    place,
    sizeText(bytes)
  );
  const same = trans._n(
    '%1 file was there already.',
    '%1 files were there already.',
    unchanged
  );
  return unchanged > 0 ? `${saved} ${same}` : saved;
}

async function confirmReplacing(why: string, trans: TranslationBundle): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Replace what is there?'),
    body: `${why} ${trans.__('What is replaced stays in the history of each file.')}`,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Replace') })]
  });
  return result.button.accept;
}
