/** The project that the page shows: of the document in front, or of the file browser. */

import type { ILabShell } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';

import { projectOfPath } from './paths.js';

/** Parts of the page that say which project is in front. */
export interface IFront {
  readonly shell: ILabShell;
  readonly documents: IDocumentManager;
  readonly browser: IDefaultFileBrowser;
}

/** Call back with the folder of the project in front, whenever it may have changed. */
export function onFront({ shell, documents, browser }: IFront, told: (folder: string) => void): void {
  const look = () => {
    const widget = shell.currentWidget;
    const context = widget === null ? undefined : documents.contextForWidget(widget);
    told(projectOfPath(context?.path ?? browser.model.path));
  };
  shell.currentChanged.connect(look);
  browser.model.pathChanged.connect(look);
  void shell.restored.then(look);
}
