/** Ends in words. No DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import type { Cause, IEnding } from './model.js';

/** The cause, where the server has no words of its own. */
export function causeText({ cause }: IEnding, trans: TranslationBundle): string {
  const texts: Record<Cause, string> = {
    exited: trans.__('its process exited.'),
    killed: trans.__('its process was killed from inside the sandbox.'),
    out_of_memory: trans.__('the sandbox ran out of memory.'),
    process_limit: trans.__('the sandbox had all the processes that it may have.'),
    disk_full: trans.__('there was no room left on the disk.'),
    user: trans.__('somebody shut it down.'),
    idle: trans.__('it was idle for too long.'),
    expired: trans.__('its time was up.'),
    engine: trans.__('the container engine stopped the sandbox.'),
    host: trans.__("the server's machine was restarted, or ran out of memory."),
    unknown: trans.__('the reason is not known.')
  };
  return texts[cause];
}

/** What was measured, a line each. */
export function evidenceLines({ evidence }: IEnding, trans: TranslationBundle): string[] {
  if (evidence === null) {
    return [];
  }
  const { memory, pids } = evidence;
  return [
    trans.__('Memory at the most: %1 of %2.', sizeText(memory.peak), sizeText(memory.limit)),
    trans.__('Processes and threads at the most: %1 of %2.', pids.peak, pids.limit)
  ];
}
