/** The project menu, and folders as zip files: out of a project, and into it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { downloadIcon, fileUploadIcon, RankedMenu } from '@jupyterlab/ui-components';

import { DeskCommands } from '../desk/tokens.js';
import { HistoryCommands } from '../history/tokens.js';
import { projectOfPath } from '../projects/paths.js';
import { IPlaces, ProjectCommands } from '../projects/tokens.js';
import { ReviewCommands } from '../reviews/tokens.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import { runImport } from './importing.js';
import { archiveUrl, importZip } from './restapi.js';
import { ArchiveCommands } from './tokens.js';

const archives: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:archives',
  description: 'Downloads folders as zip files, and imports them.',
  autoStart: true,
  requires: [IDefaultFileBrowser, IPlaces, ITranslator],
  optional: [IMainMenu, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    translator: ITranslator,
    mainMenu: IMainMenu | null,
    palette: ICommandPalette | null
  ) => {
    const trans = translator.load('platform');
    const archives = new Archives(app, browser, places, trans);
    addCommands(app, browser, archives, trans);
    const category = trans.__('Projects');
    palette?.addItem({ command: ArchiveCommands.downloadProject, category });
    palette?.addItem({ command: ArchiveCommands.importZip, category });
    app.contextMenu.addItem({
      command: ArchiveCommands.downloadFolder,
      selector: '.jp-DirListing-item[data-isdir="true"]',
      rank: 10
    });
    if (mainMenu !== null) {
      addMenu(app, mainMenu, trans);
    }
  }
};

class Archives {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _browser: IDefaultFileBrowser,
    private readonly _places: IPlaces,
    private readonly _trans: TranslationBundle
  ) {
    this._api = new ServerApi(_app.serviceManager.serverSettings);
  }

  /** Let the browser download the folder as a zip file. */
  async download(path: string): Promise<void> {
    const place = await this._places.place(path);
    if (place !== null) {
      const link = document.createElement('a');
      link.href = archiveUrl(this._api, place.projectId, place.path);
      link.download = '';
      link.click();
    }
  }

  /** Ask for a zip file, and unpack it into the folder. */
  async import(path: string): Promise<void> {
    const place = await this._places.place(path);
    const file = await pickZip();
    if (place === null || file === null) {
      return;
    }
    const settings = this._app.serviceManager.serverSettings;
    const order = { project: place.projectId, folder: place.path, place: path, file };
    const send = (upload: Parameters<typeof importZip>[2]) => importZip(this._api, settings, upload);
    await runImport(order, { send, trans: this._trans });
    await this._browser.model.refresh();
  }

  private readonly _api: ServerApi;
}

/** Resolves with a zip file that the user chose, or null. */
function pickZip(): Promise<File | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.zip,application/zip';
  return new Promise(resolve => {
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

function addCommands(
  app: JupyterFrontEnd,
  browser: IDefaultFileBrowser,
  archives: Archives,
  trans: TranslationBundle
): void {
  const project = () => projectOfPath(browser.model.path);
  const tell = (title: string) => (reason: unknown) =>
    showErrorMessage(title, wordsOf(reason, trans));
  const download = (path: string) =>
    archives.download(path).catch(tell(trans.__('The folder cannot be downloaded')));
  app.commands.addCommand(ArchiveCommands.downloadFolder, {
    label: trans.__('Download as Zip'),
    icon: downloadIcon,
    execute: () => {
      const folder = browser.selectedItems().next().value;
      return folder === undefined ? undefined : download(folder.path);
    }
  });
  app.commands.addCommand(ArchiveCommands.downloadProject, {
    label: trans.__('Download Project as Zip'),
    icon: args => (args.isPalette === true ? undefined : downloadIcon),
    isEnabled: () => project() !== '',
    execute: () => download(project())
  });
  app.commands.addCommand(ArchiveCommands.importZip, {
    label: trans.__('Import Zip…'),
    caption: trans.__('Unpack a zip file into the folder that the file browser shows'),
    icon: args => (args.isPalette === true ? undefined : fileUploadIcon),
    isEnabled: () => project() !== '',
    execute: () =>
      archives.import(browser.model.path).catch(tell(trans.__('The zip file cannot be imported')))
  });
}

function addMenu(app: JupyterFrontEnd, mainMenu: IMainMenu, trans: TranslationBundle): void {
  const menu = new RankedMenu({ commands: app.commands });
  menu.id = 'platform-menu-project';
  menu.title.label = trans.__('Project');
  menu.addGroup([{ command: ProjectCommands.create }], 0);
  menu.addGroup([{ command: HistoryCommands.show }, { command: HistoryCommands.checkpoint }], 10);
  menu.addGroup([{ command: ReviewCommands.submit }, { command: DeskCommands.project }], 15);
  menu.addGroup(
    [{ command: ArchiveCommands.downloadProject }, { command: ArchiveCommands.importZip }],
    20
  );
  mainMenu.addMenu(menu, true, { rank: 150 });
}

export default archives;
