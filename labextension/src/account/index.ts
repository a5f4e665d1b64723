/** The user menu, signing out, and noticing that one has been signed out. */

import {
  ILabStatus,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';

import { AdminCommands } from '../admin/tokens.js';
import { ServerApi } from '../server/api.js';
import { personFromIdentity } from './model.js';
import { signOut } from './restapi.js';
import { openChannel, SessionWatch } from './session.js';
import { UserMenu, type IMenuLink } from './widget.js';

namespace CommandIDs {
  export const signOut = 'platform:sign-out';
}

// Where core's user manager remembers who was here; the next person should not find it.
const REMEMBERED_USER = '@jupyterlab/services:UserManager#user';

const account: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:account',
  description: 'Adds the user menu to the top bar, and notices when the session ends.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ICommandPalette, IMainMenu, ILabStatus],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    palette: ICommandPalette | null,
    mainMenu: IMainMenu | null,
    status: ILabStatus | null
  ) => {
    const trans = translator.load('platform');
    const api = new ServerApi(app.serviceManager.serverSettings);
    const session = watchSession(api, trans);
    app.commands.addCommand(CommandIDs.signOut, {
      label: trans.__('Sign Out'),
      caption: trans.__('Save everything and end this session'),
      execute: () => leave({ app, api, session, status, trans })
    });
    palette?.addItem({ command: CommandIDs.signOut, category: trans.__('Account') });
    mainMenu?.fileMenu.addGroup([{ command: CommandIDs.signOut }], 1000);
    void addMenu(app, api, trans);
  }
};

async function addMenu(
  app: JupyterFrontEnd,
  api: ServerApi,
  trans: TranslationBundle
): Promise<void> {
  const { user } = app.serviceManager;
  await user.ready.catch(() => undefined);
  const links: IMenuLink[] = [
    { label: trans.__('Sign out'), open: () => void app.commands.execute(CommandIDs.signOut) }
  ];
  const tokens = PageConfig.getOption('platformTokensUrl');
  if (tokens !== '') {
    const open = () => void window.open(api.url(tokens), '_blank', 'noopener');
    links.unshift({ label: trans.__('API tokens'), open });
  }
  const person = personFromIdentity(user.identity);
  if (person.role === 'admin') {
    const open = () => void app.commands.execute(AdminCommands.open);
    links.unshift({ label: trans.__('Administration'), open });
  }
  const menu = new UserMenu({ person, links, trans });
  app.shell.add(menu, 'top', { rank: 1000 });
}

function watchSession(api: ServerApi, trans: TranslationBundle): SessionWatch {
  const session = new SessionWatch({
    ask: () => api.get('api/me'),
    channel: openChannel()
  });
  session.ended.connect(() => void offerSignIn(api, trans));
  return session;
}

/** Unsaved work stays in this page: signing in happens in another tab. */
async function offerSignIn(api: ServerApi, trans: TranslationBundle): Promise<void> {
  const result = await showDialog({
    title: trans.__('You are signed out'),
    body: trans.__(
      'This session has ended. Sign in again in a new tab, then come back: what you have not saved yet is still here.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Not now') }),
      Dialog.okButton({ label: trans.__('Sign in') })
    ]
  });
  if (result.button.accept) {
    window.open(api.url('login'), '_blank', 'noopener');
  }
}

interface ILeaveOptions {
  readonly app: JupyterFrontEnd;
  readonly api: ServerApi;
  readonly session: SessionWatch;
  readonly status: ILabStatus | null;
  readonly trans: TranslationBundle;
}

/** Save, end the session, and show the sign-in page; stays where it is if saving fails. */
async function leave({ app, api, session, status, trans }: ILeaveOptions): Promise<void> {
  if (status?.isDirty === true) {
    await app.commands.execute('docmanager:save-all');
  }
  if (status?.isDirty === true && !(await confirmLoss(trans))) {
    return;
  }
  // The server hangs up on a session that ends; the page would take that for a broken network.
  app.serviceManager.kernels.dispose();
  app.serviceManager.dispose();
  try {
    await signOut(api);
  } catch (reason) {
    await showErrorMessage(trans.__('You are still signed in'), messageOf(reason));
    window.location.reload();
    return;
  }
  session.announceEnd();
  session.dispose();
  localStorage.removeItem(REMEMBERED_USER);
  window.location.assign(api.url('login'));
}

async function confirmLoss(trans: TranslationBundle): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Sign out without saving?'),
    body: trans.__('Some of your changes could not be saved. Signing out discards them.'),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Discard and sign out') })]
  });
  return result.button.accept;
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

export default account;
