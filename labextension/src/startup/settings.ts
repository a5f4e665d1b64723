/** The setting registry, with a validator that costs nothing for settings nobody has changed. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import {
  DefaultSchemaValidator,
  ISettingConnector,
  ISettingRegistry,
  SettingRegistry
} from '@jupyterlab/settingregistry';
import type { IDataConnector } from '@jupyterlab/statedb';

import { whenQuiet } from './quiet.js';
import { LazyValidator } from './validator.js';

type Connector = IDataConnector<ISettingRegistry.IPlugin, string, string, 'active' | 'ids'>;

/** Replaces `@jupyterlab/apputils-extension:settings`. */
export const settings: JupyterFrontEndPlugin<ISettingRegistry> = {
  id: 'platform-labextension:settings',
  description: 'Provides the setting registry.',
  autoStart: true,
  requires: [ISettingConnector],
  provides: ISettingRegistry,
  activate: async (app: JupyterFrontEnd, connector: Connector): Promise<ISettingRegistry> => {
    const active = await connector.list('active');
    const registry = new SettingRegistry({
      connector,
      validator: new LazyValidator(() => new DefaultSchemaValidator()),
      // Schemas of plugins that are not on this page would add their toolbar items and shortcuts.
      plugins: active.values.filter(plugin => app.hasPlugin(plugin.id))
    });
    void whenQuiet(app).then(() => loadMissing(app, connector, registry));
    return registry;
  }
};

/** Load what was not active at the start, so that the settings editor can show it. */
async function loadMissing(
  app: JupyterFrontEnd,
  connector: Connector,
  registry: ISettingRegistry
): Promise<void> {
  const { ids } = await connector.list('ids');
  const missing = ids.filter(
    id => app.hasPlugin(id) && !PageConfig.Extension.isDisabled(id) && !(id in registry.plugins)
  );
  await Promise.all(
    missing.map(id =>
      registry.load(id).catch((reason: unknown) => {
        console.warn(`The settings of ${id} cannot be loaded`, reason);
      })
    )
  );
}
