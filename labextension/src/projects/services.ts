/** Core's managers, made to put new things into a project and to ask only for what is served. */

import {
  type Contents,
  Drive,
  IConnectionStatus,
  IDefaultDrive,
  INbConvertManager,
  IServerSettings,
  ITerminalManager,
  type NbConvert,
  ServerConnection,
  type ServiceManagerPlugin,
  Terminal,
  TerminalManager
} from '@jupyterlab/services';

import { ProjectGate } from './gate.js';
import { CheckedProvider, SaveConflicts } from './saving.js';
import { IProjectGate, ISaveConflicts } from './tokens.js';

const gate: ServiceManagerPlugin<IProjectGate> = {
  id: 'platform-labextension:project-gate',
  description: 'Finds the project that something new goes into.',
  autoStart: true,
  provides: IProjectGate,
  activate: () => new ProjectGate()
};

const conflicts: ServiceManagerPlugin<ISaveConflicts> = {
  id: 'platform-labextension:save-conflicts',
  description: 'Tells of saves that have become conflict copies.',
  autoStart: true,
  provides: ISaveConflicts,
  activate: () => new SaveConflicts()
};

// Under this name the drive registers its default provider.
const DEFAULT = 'default';

/** A drive on which a new file or notebook always lands in a project. */
class ProjectDrive extends Drive {
  constructor(
    private readonly _gate: IProjectGate,
    options: Drive.IOptions
  ) {
    super(options);
  }

  override get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    return super.get(path, options && this._withProvider(options));
  }

  override save(
    path: string,
    options: Contents.IContentProvisionOptions & Partial<Contents.IModel> = {}
  ): Promise<Contents.IModel> {
    return super.save(path, this._withProvider(options));
  }

  /** A new folder may stand at the top: the server makes a project of it. */
  override async newUntitled(options: Contents.ICreateOptions = {}): Promise<Contents.IModel> {
    if (options.type === 'directory') {
      return super.newUntitled(options);
    }
    return super.newUntitled({ ...options, path: await this._gate.locate(options.path ?? '') });
  }

  /** Name the provider: core takes its own where none is named, whatever it calls the default. */
  private _withProvider<T extends Contents.IContentProvisionOptions>(options: T): T {
    return options.contentProviderId ? options : { ...options, contentProviderId: DEFAULT };
  }
}

/** Replaces `@jupyterlab/services-extension:default-drive`. */
const drive: ServiceManagerPlugin<Contents.IDrive> = {
  id: 'platform-labextension:default-drive',
  description: 'The drive of all projects.',
  autoStart: true,
  requires: [IProjectGate, ISaveConflicts],
  optional: [IServerSettings],
  provides: IDefaultDrive,
  activate: (
    _app,
    gate: IProjectGate,
    conflicts: SaveConflicts,
    settings: ServerConnection.ISettings | null
  ) => {
    const serverSettings = settings ?? ServerConnection.makeSettings();
    const address = { apiEndpoint: 'api/contents', serverSettings };
    const defaultContentProvider = new CheckedProvider(address, conflicts);
    return new ProjectDrive(gate, { serverSettings, defaultContentProvider });
  }
};

/** A terminal manager whose terminals always run in a project's sandbox. */
class ProjectTerminalManager extends TerminalManager {
  constructor(
    private readonly _gate: IProjectGate,
    options: TerminalManager.IOptions
  ) {
    super(options);
  }

  override async startNew(
    options: Terminal.ITerminal.IOptions = {}
  ): Promise<Terminal.ITerminalConnection> {
    if (options.name !== undefined) {
      // The page restores a tab whose shell has ended. Which project it was in is not known any
      // more, and a new shell would only look like the old one: the tab is not restored.
      throw new Error(`The terminal ${options.name} has ended.`);
    }
    return super.startNew({ cwd: await this._gate.locate(options.cwd ?? '') });
  }
}

/** Replaces `@jupyterlab/services-extension:terminal-manager`. */
const terminals: ServiceManagerPlugin<Terminal.IManager> = {
  id: 'platform-labextension:terminal-manager',
  description: "The terminals in the projects' sandboxes.",
  autoStart: true,
  requires: [IProjectGate],
  optional: [IServerSettings, IConnectionStatus],
  provides: ITerminalManager,
  activate: (
    _app,
    gate: IProjectGate,
    serverSettings: ServerConnection.ISettings | null,
    connection: IConnectionStatus | null
  ) => {
    if (!Terminal.isAvailable()) {
      return new TerminalManager.NoopManager();
    }
    return new ProjectTerminalManager(gate, {
      ...(serverSettings ? { serverSettings } : {}),
      standby: () => connection?.isConnected === false || 'when-hidden'
    });
  }
};

/**
 * Replaces `@jupyterlab/services-extension:nbconvert-manager`, which asks the server for its formats
 * whenever a notebook is opened. The server has none: exporters run templates that a user chooses.
 */
const nbconvert: ServiceManagerPlugin<NbConvert.IManager> = {
  id: 'platform-labextension:nbconvert-manager',
  description: 'Says that notebooks are exported to no other format.',
  autoStart: true,
  optional: [IServerSettings],
  provides: INbConvertManager,
  activate: (_app, serverSettings: ServerConnection.ISettings | null) => ({
    serverSettings: serverSettings ?? ServerConnection.makeSettings(),
    getExportFormats: async () => ({})
  })
};

export default [gate, conflicts, drive, terminals, nbconvert];
