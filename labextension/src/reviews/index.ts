/** Reviews: submitting a project, the queue, and a submission beside what is said about it. */

import { ILabShell, ILayoutRestorer, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  showErrorMessage,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';

import { DeskCommands } from '../desk/tokens.js';
import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { whenQuiet } from '../startup/quiet.js';
import { DRIVE, drivePath, SubmissionDrive } from './drive.js';
import { SubmissionModel } from './model.js';
import { NOTEBOOK_VIEW, NotebookViewFactory } from './notebookview.js';
import { ReviewsPanel } from './panel.js';
import { ReviewsModel } from './queue.js';
import { ReviewApi } from './restapi.js';
import { askForMessage } from './submitting.js';
import { ReviewCommands } from './tokens.js';
import { SubmissionWidget } from './view.js';

const INTERVAL = 60_000; // milliseconds between two looks at what there is to be told
const PARAMETER = 'submission'; // of an address that opens one

const reviews: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:reviews',
  description: 'Submits projects, and shows what was submitted.',
  autoStart: true,
  requires: [
    ILabShell,
    IDefaultFileBrowser,
    IPlaces,
    ITranslator,
    IDocumentManager,
    IRenderMimeRegistry,
    IEditorServices,
    NotebookPanel.IContentFactory
  ],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app,
    shell: ILabShell,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    translator: ITranslator,
    documents: IDocumentManager,
    rendermime: IRenderMimeRegistry,
    editors: IEditorServices,
    contentFactory: NotebookPanel.IContentFactory,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('platform');
    const { serverSettings, contents } = app.serviceManager;
    const server = new ServerApi(serverSettings);
    const api = new ReviewApi(server);
    const model = new ReviewsModel(api, async () =>
      (await places.all()).filter(one => one.role === 'owner').map(one => one.id)
    );
    contents.addDrive(new SubmissionDrive(api, serverSettings));
    app.docRegistry.addWidgetFactory(
      new NotebookViewFactory(
        trans.__('Notebook view (read-only)'),
        rendermime,
        contentFactory,
        editors.mimeTypeService
      ) as DocumentRegistry.WidgetFactory
    );

    const tracker = new WidgetTracker<MainAreaWidget<SubmissionWidget>>({ namespace: 'reviews' });
    const open = (id: string, title: string) => {
      const known = tracker.find(one => one.id === widgetId(id));
      if (known === undefined) {
        const submission = new SubmissionModel(api, id);
        submission.acted.connect(() => void model.refresh());
        const content = new SubmissionWidget({
          model: submission,
          link: new URL(server.url(`lab?${PARAMETER}=${id}`), window.location.href).href,
          openNotebook: (path, round) =>
            void documents.openOrReveal(`${DRIVE}:${drivePath(id, round, path)}`, NOTEBOOK_VIEW),
          trans
        });
        const widget = framed(content, id, title);
        shell.add(widget, 'main');
        void tracker.add(widget);
      } else {
        void known.content.refresh();
      }
      shell.activateById(widgetId(id));
    };
    const configure = (project: string | null) =>
      void (project === null
        ? app.commands.execute(DeskCommands.installation)
        : app.commands.execute(DeskCommands.project, { project }));
    const messages = new Map<string, string>();
    const submit = async () => {
      const made = await submitProject(
        { api, browser, places, configure, messages, trans },
        () => app.commands.execute('docmanager:save-all')
      );
      if (made !== null) {
        open(made.id, made.title);
        await model.refresh();
      }
    };
    const panel = new ReviewsPanel({
      model,
      trans,
      submit: () => void submit(),
      open,
      configure
    });
    panel.title.icon = checkIcon;
    model.changed.connect(() => {
      const { waiting } = model;
      panel.title.label = waiting > 0 ? `${waiting}` : '';
      panel.title.caption =
        waiting > 0 ? trans.__('Reviews: %1 for you', waiting) : trans.__('Reviews');
    });
    panel.title.caption = trans.__('Reviews');
    shell.add(panel, 'left', { rank: 700 });
    restorer?.add(panel, panel.id);

    app.commands.addCommand(ReviewCommands.submit, {
      label: trans.__('Submit Project for Review…'),
      execute: () => submit()
    });
    app.commands.addCommand(ReviewCommands.show, {
      label: trans.__('Show Reviews'),
      execute: () => {
        shell.activateById(panel.id);
        return model.refresh();
      }
    });
    app.commands.addCommand(ReviewCommands.open, {
      label: trans.__('Open Submission'),
      execute: args => {
        if (typeof args.id === 'string') {
          open(args.id, typeof args.title === 'string' ? args.title : trans.__('Submission'));
        }
      }
    });
    const category = trans.__('Review');
    palette?.addItem({ command: ReviewCommands.submit, category });
    palette?.addItem({ command: ReviewCommands.show, category });
    void restorer?.restore(tracker, {
      command: ReviewCommands.open,
      args: ({ id, title }) => ({ id: submissionId(id), title: title.label }),
      name: ({ id }) => id
    });
    const wanted = new URLSearchParams(window.location.search).get(PARAMETER);
    void app.restored.then(() => {
      if (wanted !== null && /^\w+$/.test(wanted)) {
        open(wanted, trans.__('Submission'));
      }
    });
    void whenQuiet(app).then(
      () =>
        new Poll({
          name: 'platform:reviews',
          factory: () => model.refresh(),
          frequency: { interval: INTERVAL, backoff: true, max: 10 * INTERVAL },
          standby: 'when-hidden'
        })
    );
  }
};

const PREFIX = 'platform-submission-';

function widgetId(id: string): string {
  return `${PREFIX}${id}`;
}

function submissionId(id: string): string {
  return id.slice(PREFIX.length);
}

/** A submission's view, to be put into the main area; it is called what the project is called. */
function framed(
  content: SubmissionWidget,
  id: string,
  title: string
): MainAreaWidget<SubmissionWidget> {
  const widget = new MainAreaWidget({ content });
  widget.id = widgetId(id);
  widget.title.label = title;
  widget.title.icon = checkIcon;
  widget.title.closable = true;
  widget.toolbar.hide();
  content.named.connect((_, name) => {
    widget.title.label = name;
  });
  return widget;
}

interface ISubmitting {
  readonly api: ReviewApi;
  readonly browser: IDefaultFileBrowser;
  readonly places: IPlaces;
  readonly configure: (project: string) => void;
  /** What was written and not submitted, by project. */
  readonly messages: Map<string, string>;
  readonly trans: TranslationBundle;
}

/** Save what is unsaved, show what would be submitted, and submit it. */
async function submitProject(
  { api, browser, places, configure, messages, trans }: ISubmitting,
  saveAll: () => Promise<unknown>
): Promise<{ readonly id: string; readonly title: string } | null> {
  const place = await places.place(browser.model.path).catch(() => null);
  if (place === null) {
    void showErrorMessage(
      trans.__('Submit for review'),
      trans.__('Open the project that you want to submit in the file browser first.')
    );
    return null;
  }
  try {
    await saveAll().catch(() => undefined); // what has nothing to be saved says so
    const preview = await api.preview(place.projectId);
    const { projectId, folder } = place;
    const asked = {
      preview,
      folder,
      message: messages.get(projectId) ?? '',
      configure: place.isOwner ? () => configure(projectId) : null
    };
    const { message, isSubmitted } = await askForMessage(asked, trans);
    messages.set(projectId, message);
    if (!isSubmitted) {
      return null;
    }
    const made = await api.submit(projectId, message);
    messages.delete(projectId);
    return { id: made.id, title: made.projectName };
  } catch (reason) {
    void showErrorMessage(trans.__('Not submitted'), reason as Error);
    return null;
  }
}

export default reviews;
