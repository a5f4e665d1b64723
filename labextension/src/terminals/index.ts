/** What a person sees of a terminal, whose name is long and random: a number, and a folder. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ServerConnection } from '@jupyterlab/services';
import { ITerminalTracker, type ITerminal } from '@jupyterlab/terminal';
import { ITranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget, type Title } from '@lumino/widgets';

import { reachable } from '../server/reachable.js';
import { lowestFree, titled } from './model.js';

const terminals: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:terminals',
  description: 'Counts the open terminals in their titles, and shows the folders they are in.',
  autoStart: true,
  requires: [ITerminalTracker, ITranslator],
  activate: (app: JupyterFrontEnd, tracker: ITerminalTracker, translator: ITranslator): void => {
    const trans = translator.load('platform');
    const taken = new Set<number>();
    tracker.widgetAdded.connect((_, { content }) => {
      const number = lowestFree(taken);
      taken.add(number);
      content.disposed.connect(() => taken.delete(number));
      entitle(content, trans.__('Terminal %1', number));
      tellSize(content);
      keepConnected(content, app.serviceManager.serverSettings);
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

/** Connect the terminal again when the server is back: core waits ever longer, and then gives up. */
function keepConnected(terminal: Terminal, settings: ServerConnection.ISettings): void {
  const { session } = terminal;
  let isWaiting = false;
  session.connectionStatusChanged.connect(async (_, status) => {
    if (status === 'connected' || isWaiting) {
      return;
    }
    isWaiting = true;
    await reachable(settings);
    isWaiting = false;
    if (!session.isDisposed && session.connectionStatus !== 'connected') {
      await session.reconnect().catch(() => undefined); // it says so, and is waited for once more
    }
  });
}

export default terminals;
