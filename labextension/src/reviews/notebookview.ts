/** A submitted notebook as JupyterLab shows notebooks, that nobody can change or run. */

import type { IEditorMimeTypeService } from '@jupyterlab/codeeditor';
import { ABCWidgetFactory, DocumentWidget, type DocumentRegistry } from '@jupyterlab/docregistry';
import { StaticNotebook, type INotebookModel, type NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';

/** The name of the factory. */
export const NOTEBOOK_VIEW = 'Submitted notebook';

type View = DocumentWidget<StaticNotebook, INotebookModel>;

/**
 * StaticNotebook has neither command mode nor drag and drop; its widget is in no notebook tracker,
 * so that every command about notebooks stays disabled; it asks for no kernel; and each editor is
 * read-only. What is in it is never trusted.
 */
export class NotebookViewFactory extends ABCWidgetFactory<View, INotebookModel> {
  constructor(
    label: string,
    private readonly _rendermime: IRenderMimeRegistry,
    private readonly _contentFactory: NotebookPanel.IContentFactory,
    private readonly _mimeTypes: IEditorMimeTypeService
  ) {
    super({
      name: NOTEBOOK_VIEW,
      label,
      fileTypes: ['notebook'],
      modelName: 'notebook',
      readOnly: true,
      preferKernel: false,
      canStartKernel: false
    });
  }

  protected override createNewWidget(context: DocumentRegistry.IContext<INotebookModel>): View {
    const { code, markdown, raw } = StaticNotebook.defaultEditorConfig;
    const content = new StaticNotebook({
      rendermime: this._rendermime.clone({ resolver: context.urlResolver }),
      contentFactory: this._contentFactory,
      mimeTypeService: this._mimeTypes,
      editorConfig: {
        code: { ...code, readOnly: true },
        markdown: { ...markdown, readOnly: true },
        raw: { ...raw, readOnly: true }
      },
      notebookConfig: {
        ...StaticNotebook.defaultNotebookConfig,
        windowingMode: 'defer',
        showEditorForReadOnlyMarkdown: false
      }
    });
    content.addClass('platform-NotebookView');
    void context.ready.then(() => {
      content.model = context.model;
      context.model.readOnly = true;
      for (const cell of content.widgets) {
        cell.model.trusted = false;
        cell.syncEditable = false; // or the flag would be written into the document
        cell.readOnly = true;
      }
    });
    return new DocumentWidget<StaticNotebook, INotebookModel>({ content, context });
  }
}
