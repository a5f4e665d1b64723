/** How packages are told to people. No DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import type { IChange, IPolicy } from './data.js';
import type { IProgress } from './model.js';

/** What is being done, or was. */
export function headline(progress: IProgress, trans: TranslationBundle): string {
  const what = progress.what.length > 3 ? trans.__('%1 packages', progress.what.length) : progress.what.join(', ');
  const packages = what === '' ? trans.__('packages') : what;
  switch (progress.phase) {
    case 'done':
      return progress.action === 'uninstall'
        ? trans.__('Removed %1', packages)
        : trans.__('Installed %1', packages);
    case 'failed':
      return progress.action === 'uninstall'
        ? trans.__('Could not remove %1', packages)
        : trans.__('Could not install %1', packages);
    case 'cancelled':
      return trans.__('Cancelled');
    default:
      return progress.action === 'uninstall'
        ? trans.__('Removing %1…', packages)
        : progress.action === 'rebuild'
          ? trans.__('Installing again what was lost…')
          : trans.__('Installing %1…', packages);
  }
}

/** Where an installation that runs is. */
export function phaseText(progress: IProgress, trans: TranslationBundle): string {
  switch (progress.phase) {
    case 'starting':
      return trans.__('Starting the sandbox');
    case 'resolving':
      return trans.__('Looking for versions that fit together');
    case 'downloading':
      return trans.__('Downloading');
    case 'installing':
      return trans.__('Unpacking');
    default:
      return '';
  }
}

export function changeText({ name, before, after }: IChange, trans: TranslationBundle): string {
  if (before === null) {
    return trans.__('%1 %2', name, after ?? '');
  }
  return after === null
    ? trans.__('%1 %2, removed', name, before)
    : trans.__('%1 %2, was %3', name, after, before);
}

/** Whether something was replaced or removed that a kernel may have imported. */
export function needsRestart(progress: IProgress): boolean {
  return progress.phase === 'done' && progress.changes.some(one => one.before !== null);
}

/** What the policy says, a sentence each. */
export function policyLines(policy: IPolicy, trans: TranslationBundle): string[] {
  const lines: string[] = [];
  if (!policy.allow.includes('*')) {
    lines.push(trans.__('Only these may be installed: %1.', policy.allow.join(', ')));
  }
  if (policy.deny.length > 0) {
    lines.push(trans.__('These may not be installed: %1.', policy.deny.join(', ')));
  }
  if (policy.private.length > 0) {
    lines.push(trans.__('These come from the private index: %1.', policy.private.join(', ')));
  }
  if (policy.wheelsOnly) {
    lines.push(trans.__('Only wheels, which run no code while they are installed.'));
  }
  if (policy.coolOffDays > 0) {
    lines.push(
      policy.coolOffDenies
        ? trans.__('Only files that are at least %1 days old.', policy.coolOffDays)
        : trans.__('Files of the last %1 days are marked.', policy.coolOffDays)
    );
  }
  lines.push(trans.__('Files of up to %1.', sizeText(policy.maxFileBytes)));
  if (policy.maxProjectBytes !== null) {
    lines.push(trans.__('Up to %1 a project.', sizeText(policy.maxProjectBytes)));
  }
  return lines;
}
