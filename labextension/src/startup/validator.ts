/** Validates settings, and pays for it only where a user has changed something. */

import type { ISchemaValidator, ISettingRegistry } from '@jupyterlab/settingregistry';
import type { JSONObject } from '@lumino/coreutils';

import { defaultsOf } from './defaults.js';

/**
 * Core compiles two validators for each of some seventy schemas on every page load, a third of a
 * second. Schemas arrive checked by the server, and defaults need no check: a full validator is
 * made when the first plugin with settings of the user's own comes along.
 */
export class LazyValidator implements ISchemaValidator {
  /** @param _makeFull makes the validator that compiles schemas */
  constructor(private readonly _makeFull: () => ISchemaValidator) {}

  /** Null when the plugin's data are valid; composes `plugin.data` unless `populate` is false. */
  validateData(plugin: ISettingRegistry.IPlugin, populate = true): ISchemaValidator.IError[] | null {
    if (!isUntouched(plugin)) {
      this._full ??= this._makeFull();
      return this._full.validateData(plugin, populate);
    }
    if (populate) {
      const composite: JSONObject = defaultsOf(plugin.schema);
      plugin.data = { composite, user: {} };
    }
    return null;
  }

  private _full: ISchemaValidator | null = null;
}

function isUntouched(plugin: ISettingRegistry.IPlugin): boolean {
  return plugin.raw.trim() === '{}' && plugin.schema.type === 'object';
}
