/** Shows what the server tells about a sandbox as JupyterLab's notifications. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { warn } from '../endings/warn.js';
import { evidenceLines } from '../endings/words.js';
import type { IPlaces } from '../projects/tokens.js';
import type { IMessage, Offer } from './notices.js';
import { noticeText } from './words.js';

export namespace Messages {
  export interface IOptions {
    readonly places: IPlaces;
    readonly trans: TranslationBundle;
    /** What each button does. */
    readonly act: (offer: Offer, folder: string, sandboxId: string) => void;
  }
}

export class Messages {
  constructor(private readonly _options: Messages.IOptions) {}

  /** Show a message; returns what `dismiss` takes. */
  show(message: IMessage): string {
    const id = `${(this._count += 1)}`;
    this._shown.set(id, this._show(message));
    return id;
  }

  /** Take a message away, if it is still there. */
  async dismiss(id: string): Promise<void> {
    const shown = await this._shown.get(id);
    this._shown.delete(id);
    if (shown !== undefined) {
      Notification.dismiss(shown);
    }
  }

  private async _show({ notice, autoClose, offers }: IMessage): Promise<string> {
    const { places, trans, act } = this._options;
    const project = await places.withId(notice.projectId);
    const folder = project?.folder ?? '';
    const labels: Record<Offer, string> = {
      details: trans.__('Show'),
      keep: trans.__('Keep working'),
      resume: trans.__('Start again')
    };
    const actions = offers.map(offer => ({
      label: labels[offer],
      displayType: offer === 'details' ? ('default' as const) : ('accent' as const),
      callback: () => act(offer, folder, notice.sandboxId)
    }));
    const text = noticeText(notice, folder, new Date(), trans);
    const warning = {
      title: trans.__('The sandbox of “%1”', folder),
      text,
      all: [text, ...(notice.ended ? evidenceLines(notice.ended, trans) : [])]
    };
    return warn(warning, { autoClose, actions }, trans);
  }

  private _count = 0;
  private readonly _shown = new Map<string, Promise<string>>();
}
