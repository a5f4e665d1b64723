/** The open documents, as bringing back an earlier state needs them. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';

/** Finds the open documents, saves what is unsaved in them, and loads them again. */
export class OpenDocuments {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _documents: IDocumentManager
  ) {}

  /** Whether a file, or one in a folder, has changes that are not saved. */
  isDirty(path: string): boolean {
    return this._at(path).some(context => context.model.dirty);
  }

  /** Save what is unsaved in a file, or in all of a folder; rejects when that fails. */
  async save(path: string): Promise<void> {
    for (const context of this._at(path)) {
      if (context.model.dirty) {
        await context.save();
      }
    }
  }

  /** Show what is on the server now, in all documents of a file or of a folder. */
  async reload(path: string): Promise<void> {
    await Promise.all(this._at(path).map(context => context.revert()));
  }

  /** Close the documents of a file that is there no longer. */
  async close(path: string): Promise<void> {
    await this._documents.closeFile(path);
  }

  private _at(path: string): DocumentRegistry.Context[] {
    const found = new Set<DocumentRegistry.Context>();
    for (const widget of this._app.shell.widgets('main')) {
      const context = this._documents.contextForWidget(widget);
      if (context !== undefined && (context.path === path || context.path.startsWith(`${path}/`))) {
        found.add(context);
      }
    }
    return [...found];
  }
}
