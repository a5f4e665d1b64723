/** What the states of submissions and threads are called. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { INotice, State } from './data.js';
import type { Doubt, IPart } from './parts.js';
import type { ITarget } from './restapi.js';
import type { IThread } from './said.js';

export function stateText(state: State, trans: TranslationBundle): string {
  const texts: Record<State, string> = {
    submitted: trans.__('Waits for a reviewer'),
    in_review: trans.__('In review'),
    changes_requested: trans.__('Changes requested'),
    approved: trans.__('Approved'),
    withdrawn: trans.__('Withdrawn')
  };
  return texts[state];
}

/** Where a thread is, in words. */
export function placeText(thread: IThread, trans: TranslationBundle): string {
  const anchor = (thread.now ?? thread).anchor;
  if (anchor.output !== null) {
    return trans.__('Output %1', anchor.output + 1);
  }
  if (anchor.line !== null) {
    return anchor.endLine === null || anchor.endLine === anchor.line
      ? trans.__('Line %1', anchor.line)
      : trans.__('Lines %1 to %2', anchor.line, anchor.endLine);
  }
  if (anchor.cellId !== null) {
    return trans.__('Cell');
  }
  return thread.path === null ? trans.__('The whole submission') : trans.__('The whole file');
}

/** What became of a thread's place, "" where nothing did. */
export function fateText(thread: IThread, trans: TranslationBundle): string {
  switch (thread.now?.fate) {
    case 'moved':
      return trans.__('moved since');
    case 'changed':
      return trans.__('changed since');
    case 'outdated':
      return trans.__('not there any more');
    default:
      return '';
  }
}

/** What a part of a file is called. */
export function partText(part: IPart, trans: TranslationBundle): string {
  if (!part.isCell) {
    return trans.__('The whole file');
  }
  const number = part.index + 1;
  switch (part.kind) {
    case 'code':
      return trans.__('Code cell %1', number);
    case 'markdown':
      return trans.__('Markdown cell %1', number);
    default:
      return trans.__('Cell %1', number);
  }
}

/** What a comment that is being written is about. */
export function targetText(target: ITarget, part: IPart | null, trans: TranslationBundle): string {
  const place = part === null ? trans.__('The whole file') : partText(part, trans);
  if (target.output !== null) {
    return trans.__('%1, output %2', place, target.output + 1);
  }
  if (target.line === null || target.endLine === null) {
    return place;
  }
  return target.line === target.endLine
    ? trans.__('%1, line %2', place, target.line)
    : trans.__('%1, lines %2 to %3', place, target.line, target.endLine);
}

export function doubtText(doubt: Doubt, trans: TranslationBundle): string {
  const texts: Record<Doubt, string> = {
    deceives: trans.__(
      'There are characters in this that cannot be seen, or that turn text around: see U+….'
    ),
    'never run': trans.__('This cell has outputs, but says that it was never run.'),
    'out of order': trans.__('This cell was run before one that stands above it.'),
    'no text': trans.__('This file is not text: download it to look at it.'),
    'more cells': trans.__('More cells are not shown.')
  };
  return texts[doubt];
}

/** What somebody is told. */
export function noticeText(notice: INotice, trans: TranslationBundle): string {
  const who = notice.actor.name;
  const texts: Record<string, string> = {
    submitted: trans.__('%1 submitted it', who),
    withdrawn: trans.__('%1 withdrew it', who),
    claimed: trans.__('%1 reviews it', who),
    released: trans.__('%1 gave it back', who),
    assigned: trans.__('%1 gave it to a reviewer', who),
    commented: trans.__('%1 commented', who),
    edited: trans.__('%1 changed a comment', who),
    resolved: trans.__('%1 resolved a thread', who),
    reopened: trans.__('%1 reopened a thread', who),
    applied: trans.__('%1 applied a suggestion', who),
    reproduced: trans.__('it was run again'),
    decided:
      notice.decision === 'approve'
        ? trans.__('%1 approved it', who)
        : trans.__('%1 requested changes', who)
  };
  return texts[notice.what] ?? trans.__('%1 did something', who);
}

/** How long ago something was, roughly. */
export function ageText(at: Date, now: Date, trans: TranslationBundle): string {
  const minutes = Math.max(0, Math.round((now.getTime() - at.getTime()) / 60_000));
  if (minutes === 0) {
    return trans.__('just now');
  }
  if (minutes < 60) {
    return trans._n('%1 minute ago', '%1 minutes ago', minutes);
  }
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? trans._n('%1 hour ago', '%1 hours ago', hours)
    : trans._n('%1 day ago', '%1 days ago', Math.round(hours / 24));
}
