/** The administration: for admins only, and loaded when it is opened. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';

import { personFromIdentity } from '../account/model.js';
import { ServerApi } from '../server/api.js';
import { wordsOf } from '../server/words.js';
import { AdminModel } from './model.js';
import { AdminApi } from './restapi.js';
import { AdminCommands } from './tokens.js';

const admin: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:admin',
  description: 'Shows admins all sandboxes and people, and how the server is doing.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, translator: ITranslator, palette: ICommandPalette | null) => {
    const { user } = app.serviceManager;
    const offer = () => {
      // The server refuses others in any case.
      if (personFromIdentity(user.identity).role === 'admin') {
        addCommand(app, translator.load('platform'), palette);
      }
    };
    void user.ready.then(offer, () => undefined);
  }
};

function addCommand(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  let tab: MainAreaWidget | null = null;
  app.commands.addCommand(AdminCommands.open, {
    label: trans.__('Administration'),
    caption: trans.__('All sandboxes and people, and how the server is doing'),
    execute: async () => {
      if (tab === null || tab.isDisposed) {
        const { AdminPage } = await import(/* webpackChunkName: "admin" */ './widget.js');
        const api = new AdminApi(new ServerApi(app.serviceManager.serverSettings));
        const model = new AdminModel(api, reason => wordsOf(reason, trans));
        tab = new MainAreaWidget({ content: new AdminPage({ model, trans }) });
        tab.id = 'platform-admin-tab';
        tab.title.icon = settingsIcon;
        tab.title.label = trans.__('Administration');
        tab.title.closable = true;
      }
      if (!tab.isAttached) {
        app.shell.add(tab, 'main');
      }
      app.shell.activateById(tab.id);
    }
  });
  palette?.addItem({ command: AdminCommands.open, category: trans.__('Administration') });
}

export default admin;
