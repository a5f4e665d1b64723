/** What a person sees of a terminal, whose name is long and random: a number, and a folder. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITerminalTracker, type ITerminal } from '@jupyterlab/terminal';
import { ITranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget, type Title } from '@lumino/widgets';

import { lowestFree, titled } from './model.js';

const terminals: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:terminals',
  description: 'Counts the open terminals in their titles, and shows the folders they are in.',
  autoStart: true,
  requires: [ITerminalTracker, ITranslator],
  activate: (_app: JupyterFrontEnd, tracker: ITerminalTracker, translator: ITranslator): void => {
    const trans = translator.load('platform');
    const taken = new Set<number>();
    tracker.widgetAdded.connect((_, { content }) => {
      const number = lowestFree(taken);
      taken.add(number);
      content.disposed.connect(() => taken.delete(number));
      entitle(content, trans.__('Terminal %1', number));
      tellSize(content);
    });
  }
};

type Terminal = ITerminal.ITerminal & Widget;

/** Name the terminal, and the folder that its shell is in; programs set titles as ever. */
function entitle(terminal: Terminal, text: string): void {
  const replace = (title: Title<Widget>) => {
    const shown = titled(title.label, terminal.session.name, text);
    if (shown !== null) {
      title.label = shown.label;
      title.caption = shown.caption;
    }
  };
  terminal.title.changed.connect(replace);
  replace(terminal.title);
}

/** Say how large the terminal is whenever it is connected again: the server may be another. */
function tellSize(terminal: Terminal): void {
  terminal.session.connectionStatusChanged.connect((_, status) => {
    if (status === 'connected') {
      MessageLoop.postMessage(terminal, Widget.ResizeMessage.UnknownSize);
    }
  });
}

export default terminals;
