/** The launcher tab: opened as soon as the page is there, and aware of projects. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher, LauncherModel } from '@jupyterlab/launcher';
import { ITranslator } from '@jupyterlab/translation';
import { addIcon, launcherIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { IProjects } from '../projects/tokens.js';
import { ProjectLauncher } from './widget.js';

const CREATE = 'launcher:create';

/**
 * Replaces `@jupyterlab/launcher-extension:plugin`.
 *
 * Core's cards start things in the folder that the file browser shows, which at the top cannot be:
 * only projects can stand there. It also waits for the layout to be modified before it opens the
 * first tab.
 */
const launcher: JupyterFrontEndPlugin<ILauncher> = {
  id: 'platform-labextension:launcher',
  description: 'Provides the launcher tab.',
  autoStart: true,
  requires: [ITranslator, IDefaultFileBrowser, IProjects, ILabShell],
  optional: [ICommandPalette],
  provides: ILauncher,
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    browser: IDefaultFileBrowser,
    projects: IProjects,
    shell: ILabShell,
    palette: ICommandPalette | null
  ): ILauncher => {
    const trans = translator.load('platform');
    const tabs = new LauncherTabs({ app, translator, browser, projects, shell });
    app.commands.addCommand(CREATE, {
      label: trans.__('New Launcher'),
      icon: args => (args.toolbar === true ? addIcon : undefined),
      execute: args => tabs.open(args)
    });
    palette?.addItem({ command: CREATE, category: trans.__('Launcher') });
    openWhenEmpty(app, browser, shell);
    shell.addButtonEnabled = true;
    shell.addRequested.connect((_, bar) => {
      const title = bar.currentTitle ?? bar.titles.at(-1);
      return app.commands.execute(CREATE, title ? { ref: title.owner.id } : {});
    });
    return tabs.model;
  }
};

interface ITabsOptions {
  readonly app: JupyterFrontEnd;
  readonly translator: ITranslator;
  readonly browser: IDefaultFileBrowser;
  readonly projects: IProjects;
  readonly shell: ILabShell;
}

/** Makes launcher tabs, which all show the same cards. */
class LauncherTabs {
  constructor(private readonly _options: ITabsOptions) {}

  readonly model = new LauncherModel();

  open(args: ReadonlyPartialJSONObject): MainAreaWidget<ProjectLauncher> {
    const { shell } = this._options;
    const id = `launcher-${this._count++}`;
    const content = this._makeContent(id, textOr(args.cwd, this._options.browser.model.path));
    const tab = new MainAreaWidget({ content });
    tab.id = id;
    shell.add(tab, 'main', {
      activate: args.activate !== false,
      ...(typeof args.ref === 'string' ? { ref: args.ref } : {})
    });
    // The last tab of an empty page has no way to be closed.
    const update = () => (tab.title.closable = count(shell.widgets('main')) > 1);
    shell.layoutModified.connect(update, tab);
    update();
    return tab;
  }

  private _makeContent(id: string, cwd: string): ProjectLauncher {
    const { app, browser, projects, shell, translator } = this._options;
    const content = new ProjectLauncher({
      model: this.model,
      cwd,
      projects,
      translator,
      commands: app.commands,
      callback: widget => {
        if (isIn(widget, shell.widgets('main'))) {
          shell.add(widget, 'main', { ref: id });
          content.dispose();
        }
      }
    });
    content.model = this.model;
    content.title.icon = launcherIcon;
    content.title.label = translator.load('platform').__('Launcher');
    const follow = () => (content.cwd = browser.model.path);
    browser.model.pathChanged.connect(follow);
    content.disposed.connect(() => browser.model.pathChanged.disconnect(follow));
    return content;
  }

  private _count = 0;
}

/** Open a launcher whenever the main area has nothing else to show. */
function openWhenEmpty(app: JupyterFrontEnd, browser: IDefaultFileBrowser, shell: ILabShell): void {
  const open = () => {
    if (shell.isEmpty('main')) {
      void app.commands.execute(CREATE);
    }
  };
  const begin = async () => {
    await Promise.all([app.restored, browser.model.restored]);
    shell.layoutModified.connect(open);
    if (!(await isDocument(app, PageConfig.getOption('treePath')))) {
      open();
    }
  };
  void begin();
}

/** Whether the path in the address leads to a document, which is on its way to the main area. */
async function isDocument(app: JupyterFrontEnd, path: string): Promise<boolean> {
  if (path === '') {
    return false;
  }
  const { contents } = app.serviceManager;
  return contents.get(path, { content: false }).then(
    model => model.type !== 'directory',
    () => false
  );
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function count(widgets: Iterable<Widget>): number {
  return Array.from(widgets).length;
}

function isIn(widget: Widget, widgets: Iterable<Widget>): boolean {
  return Array.from(widgets).includes(widget);
}

export default launcher;
