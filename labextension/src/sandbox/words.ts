/** Sandboxes in words. No DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import type { INotice, ISandbox } from './data.js';

/** What a sandbox does, in a word or two. */
export function stateText(sandbox: ISandbox | null, trans: TranslationBundle): string {
  if (sandbox === null) {
    return trans.__('No sandbox yet');
  }
  if (sandbox.state === 'starting' && sandbox.before !== null && sandbox.before > 0) {
    return trans._n('Starts after %1 other', 'Starts after %1 others', sandbox.before);
  }
  const texts = {
    starting: trans.__('Sandbox starts…'),
    running: trans.__('Sandbox runs'),
    stopped: trans.__('Sandbox stopped'),
    failed: trans.__('Sandbox did not start')
  };
  return texts[sandbox.state];
}

/** "40 %" */
export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "40 of 512 MB" */
export function memoryText(used: number, limit: number, trans: TranslationBundle): string {
  return trans.__('%1 of %2', sizeText(used), sizeText(limit));
}

/** Today by the clock, else with the day. */
export function momentText(at: Date, now: Date, locale?: string): string {
  const isToday = at.toDateString() === now.toDateString();
  return isToday
    ? at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
}

/** A notice, with the project that it is about and when something will happen. */
export function noticeText(
  { detail, deadline }: INotice,
  folder: string,
  now: Date,
  trans: TranslationBundle
): string {
  const told = trans.__('Project “%1”: %2', folder, detail);
  return deadline === null
    ? told
    : trans.__('%1 It stops at %2.', told, momentText(deadline, now));
}
