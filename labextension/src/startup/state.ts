/** The layout of a workspace: fetched once per page, saved a moment after each change. */

import {
  IRouter,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IWindowResolver } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { Workspace } from '@jupyterlab/services';
import { IStateDB, StateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';

import { queryWithout, wishesFromQuery } from './location.js';
import { pageTitle } from './title.js';

// Other plugins and bookmarks know these commands by core's names.
namespace CommandIDs {
  export const load = 'apputils:load-statedb';
  export const reset = 'apputils:reset';
  export const resetOnLoad = 'apputils:reset-on-load';
}

/**
 * Replaces `@jupyterlab/apputils-extension:state`.
 *
 * Core makes the router wait for a debounced save, at least half a second, before a document or
 * the first tab may open; here the page goes on and the save follows.
 */
export const state: JupyterFrontEndPlugin<IStateDB> = {
  id: 'platform-labextension:state',
  description: 'Provides the application state, kept per workspace.',
  autoStart: true,
  requires: [IRouter, ITranslator],
  optional: [IWindowResolver],
  provides: IStateDB,
  activate: (
    app: JupyterFrontEnd,
    router: IRouter,
    translator: ITranslator,
    resolver: IWindowResolver | null
  ): IStateDB => {
    if (resolver === null) {
      return new StateDB();
    }
    const workspace = new WorkspaceState(app.serviceManager.workspaces, resolver.name);
    addCommands(app, router, translator, workspace);
    router.register({ command: CommandIDs.resetOnLoad, pattern: /[?&]reset(=|&|#|$)/, rank: 20 });
    router.register({ command: CommandIDs.load, pattern: /.?/, rank: 30 });
    workspace.database.changed.connect(() => {
      const { currentWidget } = app.shell;
      const path = currentWidget instanceof DocumentWidget ? currentWidget.context.path : null;
      document.title = pageTitle(path, PageConfig.getOption('appName') || app.name);
    });
    return workspace.database;
  }
};

/** A state database that begins as the saved workspace and is saved when it changes. */
class WorkspaceState {
  constructor(
    private readonly _workspaces: Workspace.IManager,
    private readonly _id: string
  ) {
    this.database.changed.connect(() => void this.save());
  }

  /** Whether the database has its first content; from then on only saving is possible. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  /** Begin with what was saved as `source`, or with nothing when there is no such workspace. */
  async load(source = this._id): Promise<void> {
    try {
      const saved = await this._workspaces.fetch(source);
      this._begin({ type: 'overwrite', contents: saved.data });
    } catch (reason) {
      console.warn(`The workspace "${source}" cannot be fetched`, reason);
      this._begin({ type: 'cancel', contents: null });
    }
  }

  /** Begin empty, and forget what was saved. */
  async clear(): Promise<void> {
    this._begin({ type: 'clear', contents: null });
    await this.database.clear();
    await this.save();
  }

  /** Save soon; resolves when that is done, and never rejects. */
  save(): Promise<void> {
    return this._saver.invoke().catch((reason: unknown) => {
      console.warn(`The workspace "${this._id}" cannot be saved`, reason);
    });
  }

  private _begin(transform: StateDB.DataTransform): void {
    if (!this._isLoaded) {
      this._isLoaded = true;
      this._first.resolve(transform);
    }
  }

  private _isLoaded = false;
  private readonly _first = new PromiseDelegate<StateDB.DataTransform>();
  readonly database = new StateDB({ transform: this._first.promise });
  private readonly _saver = new Debouncer<void, void>(async () => {
    const data = await this.database.toJSON();
    await this._workspaces.save(this._id, { data, metadata: { id: this._id } });
  });
}

function addCommands(
  app: JupyterFrontEnd,
  router: IRouter,
  translator: ITranslator,
  workspace: WorkspaceState
): void {
  const trans = translator.load('platform');
  app.commands.addCommand(CommandIDs.load, {
    label: trans.__('Load the state of the workspace'),
    execute: args => loadOnRoute(args as unknown as IRouter.ILocation, router, workspace)
  });
  app.commands.addCommand(CommandIDs.resetOnLoad, {
    label: trans.__('Reset the state of the workspace as the address asks for'),
    execute: args => resetOnRoute(args as unknown as IRouter.ILocation, router, workspace)
  });
  app.commands.addCommand(CommandIDs.reset, {
    label: trans.__('Reset Application State'),
    execute: async args => {
      await workspace.clear();
      if (args.reload === true) {
        router.reload();
      }
    }
  });
}

async function loadOnRoute(
  location: IRouter.ILocation,
  router: IRouter,
  workspace: WorkspaceState
): Promise<unknown> {
  if (workspace.isLoaded) {
    return undefined;
  }
  const { clone } = wishesFromQuery(location.search ?? '');
  if (clone === null) {
    await workspace.load();
    void workspace.save();
    return undefined;
  }
  await workspace.load(clone === '' ? PageConfig.defaultWorkspace : clone);
  await workspace.save();
  router.navigate(addressWithout(location, 'clone'));
  return router.stop;
}

function resetOnRoute(
  location: IRouter.ILocation,
  router: IRouter,
  workspace: WorkspaceState
): void {
  if (workspace.isLoaded) {
    // It is too late to begin empty: the page has to be loaded again.
    router.reload();
    return;
  }
  const cleared = workspace.clear();
  const address = addressWithout(location, 'reset');
  if (wishesFromQuery(location.search ?? '').clone === null) {
    router.navigate(address, { skipRouting: true });
    return;
  }
  void cleared.then(() => router.navigate(address, { hard: true }));
}

function addressWithout(location: IRouter.ILocation, parameter: string): string {
  return `${location.path}${queryWithout(location.search ?? '', parameter)}${location.hash}`;
}
