/** The keys of a submission's view. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { SubmissionModel } from './model.js';
import { targetOf } from './places.js';
import { stepChangedFile, stepFile, stepThread } from './steps.js';

/** A key, what it does in words, and its doing. */
export interface IKey {
  readonly key: string;
  readonly text: string;
  readonly act: () => unknown;
}

/** What is done with the page, and not with the model. */
export interface IPageKeys {
  readonly node: HTMLElement;
  readonly help: () => void;
}

export function keysFor(model: SubmissionModel, page: IPageKeys, trans: TranslationBundle): IKey[] {
  const focus = (selector: string) => page.node.querySelector<HTMLElement>(selector)?.focus();
  const { __ } = trans;
  const say = __.bind(trans);
  return [
    { key: 'j', text: say('Next change'), act: () => stepChange(model, page.node, 1) },
    { key: 'k', text: say('Previous change'), act: () => stepChange(model, page.node, -1) },
    { key: 'n', text: say('Next thread'), act: () => stepThread(model, 1) },
    { key: 'p', text: say('Previous thread'), act: () => stepThread(model, -1) },
    { key: 'J', text: say('Next file'), act: () => stepFile(model, 1) },
    { key: 'K', text: say('Previous file'), act: () => stepFile(model, -1) },
    { key: 'm', text: say('File, or what has changed'), act: () => switchMode(model) },
    { key: 'c', text: say('Comment on the cell in front'), act: () => compose(model, page.node) },
    { key: 'C', text: say('Comment on the whole file'), act: () => composeAbout(model) },
    { key: 'd', text: say('Decide'), act: () => focus('.platform-Submission-summary') },
    { key: '?', text: say('Show or hide these keys'), act: page.help }
  ];
}

function switchMode(model: SubmissionModel): Promise<void> | null {
  const { path, mode, against } = model;
  const other = mode === 'document' ? 'changes' : 'document';
  return path === null || against === 0 ? null : model.showFile(path, other);
}

/** Go to the next change of the file, or to the next file that has changed. */
async function stepChange(model: SubmissionModel, node: HTMLElement, by: 1 | -1): Promise<void> {
  if (model.against === 0) {
    return;
  }
  if (model.mode === 'changes') {
    const rows = [...node.querySelectorAll<HTMLElement>('[data-change]')];
    const at = rows.findIndex(one => one.contains(document.activeElement));
    const next = at < 0 && by < 0 ? undefined : rows[at + by];
    if (next !== undefined) {
      show(next);
      return;
    }
  } else if (model.path !== null && model.changedPaths.has(model.path)) {
    await model.showFile(model.path, 'changes');
    afterwards(() => show(node.querySelector<HTMLElement>('[data-change]')));
    return;
  }
  if (await stepChangedFile(model, by)) {
    afterwards(() => {
      const rows = [...node.querySelectorAll<HTMLElement>('[data-change]')];
      show((by > 0 ? rows[0] : rows.at(-1)) ?? null);
    });
  }
}

function show(row: HTMLElement | null): void {
  row?.scrollIntoView({ block: 'nearest' });
  row?.focus({ preventScroll: true });
}

/** Do something when the page shows what the model has. */
function afterwards(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

/** Comment on the cell that has the focus, else on the first one that is seen. */
function compose(model: SubmissionModel, node: HTMLElement): void {
  const rows = [...node.querySelectorAll<HTMLElement>('.platform-Row[data-part]')];
  const top = node.querySelector('.platform-Submission-main')?.getBoundingClientRect().top ?? 0;
  const row =
    rows.find(one => one.contains(document.activeElement)) ??
    rows.find(one => one.getBoundingClientRect().bottom > top + 40);
  const part = model.shown?.parts[Number(row?.dataset.part)];
  if (part !== undefined && model.path !== null && (!part.isCell || part.cellId !== null)) {
    model.compose(targetOf(part, model.path));
  }
}

function composeAbout(model: SubmissionModel): void {
  model.compose({ path: model.path, cellId: null, line: null, endLine: null, output: null });
}
