/** Warnings that have more to say than fits into a notification. */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

const FITS = 140; // characters, of which JupyterLab shows no more

/** A warning: in short, and all that there is to say, a paragraph each, under a title. */
export interface IWarning {
  readonly text: string;
  readonly title: string;
  readonly all: readonly string[];
}

/** Show a warning; what does not fit is one click away. Returns the notification's id. */
export function warn(
  { text, title, all }: IWarning,
  options: Notification.IOptions<null>,
  trans: TranslationBundle
): string {
  const more = {
    label: trans.__('More…'),
    callback: () => {
      const buttons = [Dialog.okButton({ label: trans.__('Close') })];
      void showDialog({ title, body: paragraphs(all), buttons });
    }
  };
  const isLong = text.length > FITS || all.length > 1;
  const actions = [...(isLong ? [more] : []), ...(options.actions ?? [])];
  return Notification.warning(text, { ...options, actions });
}

function paragraphs(texts: readonly string[]): Widget {
  const widget = new Widget();
  widget.addClass('platform-Dialog');
  for (const text of texts) {
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    widget.node.append(paragraph);
  }
  return widget;
}
