/** Reviews: submitting a project, the queue, and a submission beside what is said about it. */

import { ILabShell, ILayoutRestorer, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, InputDialog, MainAreaWidget, showErrorMessage } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';

import { IPlaces } from '../projects/tokens.js';
import { ServerApi } from '../server/api.js';
import { ReviewsModel, SubmissionModel } from './model.js';
import { ReviewsPanel } from './panel.js';
import { ReviewApi } from './restapi.js';
import { ReviewCommands } from './tokens.js';
import { SubmissionWidget } from './view.js';

const INTERVAL = 60_000; // milliseconds between two looks at what there is to be told

const reviews: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:reviews',
  description: 'Submits projects, and shows what was submitted.',
  autoStart: true,
  requires: [ILabShell, IDefaultFileBrowser, IPlaces, ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app,
    shell: ILabShell,
    browser: IDefaultFileBrowser,
    places: IPlaces,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('platform');
    const api = new ReviewApi(new ServerApi(app.serviceManager.serverSettings));
    const model = new ReviewsModel(api);
    const open = (id: string, title: string) => {
      const widgetId = `platform-submission-${id}`;
      if (![...shell.widgets('main')].some(one => one.id === widgetId)) {
        const content = new SubmissionWidget(new SubmissionModel(api, id), trans);
        const widget = new MainAreaWidget({ content });
        widget.id = widgetId;
        widget.title.label = title;
        widget.title.icon = checkIcon;
        widget.title.closable = true;
        widget.toolbar.hide();
        shell.add(widget, 'main');
      }
      shell.activateById(widgetId);
    };
    const submit = async () => {
      const place = await places.place(browser.model.path).catch(() => null);
      if (place === null) {
        void showErrorMessage(
          trans.__('Submit for review'),
          trans.__('Open the project that you want to submit in the file browser first.')
        );
        return;
      }
      const asked = await InputDialog.getText({
        title: trans.__('Submit for review'),
        label: trans.__(
          'All files of “%1” as they are now. What should your reviewer know?',
          browser.model.path.split('/')[0]
        ),
        okLabel: trans.__('Submit')
      });
      if (!asked.button.accept) {
        return;
      }
      try {
        await app.commands.execute('docmanager:save-all').catch(() => undefined);
        const made = await api.submit(place.projectId, asked.value ?? '');
        open(made.id, made.projectName);
        await model.refresh();
      } catch (reason) {
        void showErrorMessage(trans.__('Not submitted'), reason as Error);
      }
    };
    const panel = new ReviewsPanel({
      model,
      trans,
      submit: () => void submit(),
      open: one => open(one.id, one.projectName)
    });
    panel.title.icon = checkIcon;
    panel.title.caption = trans.__('Reviews');
    model.changed.connect(() => {
      panel.title.label = model.unread > 0 ? `${model.unread}` : '';
    });
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
          open(args.id, trans.__('Submission'));
        }
      }
    });
    const category = trans.__('Review');
    palette?.addItem({ command: ReviewCommands.submit, category });
    palette?.addItem({ command: ReviewCommands.show, category });
    void app.restored.then(
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

export default reviews;
