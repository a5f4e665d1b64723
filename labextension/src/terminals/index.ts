/** Titles for terminals: their names are long and random, and tell a person nothing. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITerminalTracker, type ITerminal } from '@jupyterlab/terminal';
import { ITranslator } from '@jupyterlab/translation';
import type { Title, Widget } from '@lumino/widgets';

import { lowestFree } from './model.js';

const terminals: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:terminals',
  description: 'Counts the open terminals in their titles.',
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
    });
  }
};

/** Show the text wherever the widget would show its session's name; programs set titles as ever. */
function entitle(terminal: ITerminal.ITerminal & Widget, text: string): void {
  const replace = (title: Title<Widget>) => {
    if (title.label.endsWith(terminal.session.name)) {
      title.label = text;
    }
  };
  terminal.title.changed.connect(replace);
  replace(terminal.title);
}

export default terminals;
