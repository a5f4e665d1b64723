/** Says that the server cannot be reached, as long as that is so. */

import { IConnectionLost, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ServiceManager } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { reachable } from '../server/reachable.js';

/**
 * Replaces core's dialog, which blocks the page and stays when the server is long back. Here work
 * goes on: code runs in its sandbox, and what it prints arrives later.
 */
const connectionLost: JupyterFrontEndPlugin<IConnectionLost> = {
  id: 'platform-labextension:connection-lost',
  description: 'Says that the server cannot be reached, as long as that is so.',
  autoStart: true,
  provides: IConnectionLost,
  activate: () => {
    let told: Promise<void> | null = null;
    return (manager, _error, translator) => {
      told ??= tell(manager, translator ?? nullTranslator).finally(() => {
        told = null;
      });
      return told;
    };
  }
};

async function tell(manager: ServiceManager.IManager, translator: ITranslator): Promise<void> {
  const trans = translator.load('platform');
  const shown = banner(
    trans.__(
      'The server cannot be reached. Code goes on running; what it prints appears here as soon ' +
        'as there is a connection again.'
    )
  );
  document.body.append(shown);
  await reachable(manager.serverSettings);
  shown.remove();
}

/** A line over the page; a notification of JupyterLab's would have to be loaded from the server. */
function banner(text: string): HTMLElement {
  const node = document.createElement('div');
  node.className = 'platform-ConnectionLost';
  node.setAttribute('role', 'status');
  node.textContent = text;
  Object.assign(node.style, {
    position: 'fixed',
    insetInline: '0',
    bottom: '0',
    zIndex: '10000',
    padding: '6px 12px',
    textAlign: 'center',
    color: 'var(--jp-ui-inverse-font-color1)',
    background: 'var(--jp-warn-color1)'
  });
  return node;
}

export default connectionLost;
