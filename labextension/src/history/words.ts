/** How revisions are told to people: when, by whom, how large. No DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IRevision, Origin } from './data.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CONFLICT = /^(.+) \(conflict of (.+) \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d(?: \d+)?\)(\.[^.]*)?$/;

/** Revisions of one day. */
export interface IDay {
  readonly name: string;
  readonly revisions: readonly IRevision[];
}

/** "5 minutes ago"; by the clock after a day. */
export function relativeTime(at: Date, now: Date, locale?: string): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const age = Math.abs(seconds);
  if (age < MINUTE) {
    return words.format(0, 'second');
  }
  if (age < HOUR) {
    return words.format(Math.trunc(seconds / MINUTE), 'minute');
  }
  return age < DAY && isSameDay(at, now)
    ? words.format(Math.trunc(seconds / HOUR), 'hour')
    : at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}

/** The day and the second, for where there is room. */
export function exactTime(at: Date, locale?: string): string {
  return at.toLocaleString(locale, { dateStyle: 'full', timeStyle: 'medium' });
}

/** The day and the minute, as short as can be. */
export function shortTime(at: Date, locale?: string): string {
  return at.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Group revisions that are newest first by the day they were made. */
export function byDay(revisions: readonly IRevision[], now: Date, locale?: string): IDay[] {
  const days: { name: string; revisions: IRevision[] }[] = [];
  for (const revision of revisions) {
    const name = dayName(revision.at, now, locale);
    const last = days.at(-1);
    if (last?.name === name) {
      last.revisions.push(revision);
    } else {
      days.push({ name, revisions: [revision] });
    }
  }
  return days;
}

export function dayName(at: Date, now: Date, locale?: string): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (isSameDay(at, now)) {
    return capitalised(words.format(0, 'day'));
  }
  if (isSameDay(at, yesterday)) {
    return capitalised(words.format(-1, 'day'));
  }
  return at.toLocaleDateString(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' })
  });
}

export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 10 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

export function originText(origin: Origin, trans: TranslationBundle): string {
  const texts: Record<Origin, string> = {
    api: trans.__('saved'),
    sandbox: trans.__('written by code'),
    copy: trans.__('copied'),
    restore: trans.__('restored'),
    import: trans.__('imported'),
    recorder: trans.__('output recorded'),
    other: trans.__('changed')
  };
  return texts[origin];
}

/** Who did it, in words; code does things on nobody's behalf. */
export function authorText(revision: IRevision, trans: TranslationBundle): string {
  if (revision.author !== '') {
    return revision.author;
  }
  if (revision.origin === 'sandbox') {
    return trans.__('Code in the sandbox');
  }
  return revision.origin === 'recorder' ? trans.__('The server') : trans.__('Somebody');
}

/** The file that a conflict copy stands beside; null for what is none. */
export function originalOf(path: string): string | null {
  const slash = path.lastIndexOf('/') + 1;
  const found = CONFLICT.exec(path.slice(slash));
  return found === null ? null : `${path.slice(0, slash)}${found[1] ?? ''}${found[3] ?? ''}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A name for a copy of an earlier state, beside the file. */
export function copyName(path: string, at: Date): string {
  const dot = path.lastIndexOf('.');
  const split = dot > path.lastIndexOf('/') + 1 ? dot : path.length;
  const pad = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const stamp = `${day} ${pad(at.getHours())}.${pad(at.getMinutes())}`;
  return `${path.slice(0, split)} (${stamp})${path.slice(split)}`;
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
