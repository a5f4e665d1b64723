/** The panel of command lines at the right, and what follows the folder that a shell is in. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITerminalTracker, type ITerminal } from '@jupyterlab/terminal';
import type { Terminal as CoreTerminal } from '@jupyterlab/terminal/lib/widget';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { terminalIcon } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';

import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import { CommandsModel } from './model.js';
import { CommandsPanel } from './panel.js';
import { CommandsApi } from './restapi.js';
import { CommandHistoryCommands } from './tokens.js';

const INTERVAL = 5000; // milliseconds between two looks, while the panel is shown

const commands: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:commands',
  description: 'Shows what was typed in terminals, and finds it again.',
  autoStart: true,
  requires: [ILabShell, IDefaultFileBrowser, IPlaces, ITerminalTracker, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    tracker: ITerminalTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('platform');
    const api = new CommandsApi(new ServerApi(app.serviceManager.serverSettings));
    const model = new CommandsModel({
      search: (project, words, before) => api.search(project, words, before),
      forget: (project, id) => api.forget(project, id),
      forgetAll: project => api.forgetAll(project),
      words: reason => wordsOf(reason, trans)
    });
    const panel = new CommandsPanel({
      model,
      trans,
      insert: text => void insert(app, shell, tracker, model, text),
      copy: text => Clipboard.copyToSystem(text),
      forgetAll: () => void forgetAll(model, trans)
    });
    panel.title.icon = terminalIcon;
    panel.title.caption = trans.__('Commands');
    shell.add(panel, 'right', { rank: 620 });
    restorer?.add(panel, panel.id);

    const look = async () => {
      const name = terminalIn(tracker, shell)?.session.name;
      const folder = name === undefined ? null : await api.folderOf(name).catch(() => null);
      await model.follow(await places.project(folder ?? browser.model.path).catch(() => null));
    };
    shell.currentChanged.connect(() => void look());
    browser.model.pathChanged.connect(() => void look());
    void app.restored.then(look);
    new Poll({
      frequency: { interval: INTERVAL, backoff: false },
      standby: () => (panel.isVisible ? 'when-hidden' : true),
      factory: () => model.refresh()
    });

    app.commands.addCommand(CommandHistoryCommands.show, {
      label: trans.__('Show Commands'),
      caption: trans.__('What was typed in this project’s terminals'),
      execute: () => shell.activateById(panel.id)
    });
    palette?.addItem({ command: CommandHistoryCommands.show, category: trans.__('Terminal') });
    addFolderCommands(app, shell, tracker, api, trans);
  }
};

type Terminal = ITerminal.ITerminal & Widget;

function terminalIn(tracker: ITerminalTracker, shell: ILabShell): Terminal | null {
  const widget = tracker.currentWidget;
  return widget !== null && widget === shell.currentWidget ? widget.content : null;
}

/** Put text into the terminal used last that is open, or into a new one. */
async function insert(
  app: JupyterFrontEnd,
  shell: ILabShell,
  tracker: ITerminalTracker,
  model: CommandsModel,
  text: string
): Promise<void> {
  if (tracker.currentWidget === null) {
    await app.commands.execute('terminal:create-new', { cwd: model.project?.folder });
  }
  const widget = tracker.currentWidget;
  if (widget !== null) {
    shell.activateById(widget.id);
    await (widget.content as unknown as CoreTerminal).ready; // what is pasted before is lost
    widget.content.paste(text);
  }
}

async function forgetAll(model: CommandsModel, trans: TranslationBundle): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('Forget all commands?'),
    body: trans.__(
      'What you typed in the terminals of “%1” is removed from this list. The shell’s own ' +
        'history, a file in the sandbox, stays.',
      model.project?.folder ?? ''
    ),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Forget all') })]
  });
  if (button.accept) {
    await model.forgetAll();
  }
}

/** What can be done with the folder that a shell is in. */
function addFolderCommands(
  app: JupyterFrontEnd,
  shell: ILabShell,
  tracker: ITerminalTracker,
  api: CommandsApi,
  trans: TranslationBundle
): void {
  const isEnabled = () => terminalIn(tracker, shell) !== null;
  const withFolder = async (use: (folder: string) => Promise<unknown>) => {
    const terminal = terminalIn(tracker, shell);
    const folder = terminal === null ? null : await api.folderOf(terminal.session.name);
    if (folder !== null) {
      await use(folder);
    }
  };
  app.commands.addCommand('platform:terminal-folder', {
    label: trans.__('Show Folder in File Browser'),
    isEnabled,
    execute: () =>
      withFolder(path => app.commands.execute('filebrowser:go-to-path', { path: `/${path}` }))
  });
  app.commands.addCommand('platform:terminal-here', {
    label: trans.__('New Terminal in This Folder'),
    isEnabled,
    execute: () => withFolder(cwd => app.commands.execute('terminal:create-new', { cwd }))
  });
  for (const [rank, command] of ['platform:terminal-folder', 'platform:terminal-here'].entries()) {
    app.contextMenu.addItem({ command, selector: '.jp-Terminal', rank: 20 + rank });
  }
}

export default commands;
