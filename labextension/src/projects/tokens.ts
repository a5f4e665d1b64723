/** What other features may ask about projects. */

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** Finds the project that something new goes into. Part of the page before the application is. */
export interface IProjectGate {
  /**
   * The folder to use where `path` was asked for.
   *
   * A path inside a project is its own answer. At the top, where nothing but projects can be, the
   * user decides; rejects with NoProjectChosen when they do not.
   */
  locate(path: string): Promise<string>;

  /** Who decides; until somebody can, `locate` answers with the path as it is. */
  chooser: (() => Promise<string>) | null;
}

export const IProjectGate = new Token<IProjectGate>(
  'platform-labextension:IProjectGate',
  'Finds the project that something new goes into.'
);

/** A save that was not carried out: what was to be saved is in a copy beside the file. */
export interface IConflict {
  readonly path: string;
  /** Where the copy is; both are paths in the contents API. */
  readonly copy: string;
}

/** Tells of saves that have become conflict copies. Part of the page before the application is. */
export interface ISaveConflicts {
  readonly happened: ISignal<ISaveConflicts, IConflict>;
}

export const ISaveConflicts = new Token<ISaveConflicts>(
  'platform-labextension:ISaveConflicts',
  'Tells of saves that have become conflict copies.'
);

/** A project of the person at the keyboard. */
export interface IProject {
  readonly id: string;
  /** Its folder in the contents API. */
  readonly folder: string;
  readonly role: 'owner' | 'editor' | 'viewer';
}

/** A file or folder of a project, or the project. */
export interface IPlace {
  readonly projectId: string;
  /** The project's folder in the contents API. */
  readonly folder: string;
  /** Within the project; `''` for the project itself. */
  readonly path: string;
  /** Whether the person at the keyboard may change it. */
  readonly mayWrite: boolean;
  readonly isOwner: boolean;
}

/** Finds the projects that paths of the contents API lie in. */
export interface IPlaces {
  /** The project in whose folder the path lies; null when there is none. */
  project(path: string): Promise<IProject | null>;

  /** The project of that id; null when there is none that is known. */
  withId(id: string): Promise<IProject | null>;

  /** All of them, as they were when the server was asked last. */
  all(): Promise<readonly IProject[]>;

  /** What the path names within its project; null when it lies in none that is known. */
  place(path: string): Promise<IPlace | null>;

  /** Ask the server again when the next path is looked for. */
  forget(): void;
}

export const IPlaces = new Token<IPlaces>(
  'platform-labextension:IPlaces',
  'Finds the projects that paths lie in.'
);

/** The projects of the person at the keyboard, by the name of their folder. */
export interface IProjects {
  /** Their folders, in the order of the file browser; null until they are known. */
  readonly folders: readonly string[] | null;

  /** The project that was used last and still exists, else the most recently changed one. */
  readonly preferred: string | null;

  /** Emitted when `folders` or `preferred` may have changed. */
  readonly changed: ISignal<IProjects, void>;

  /** Make a project and resolve with its folder; rejects with ApiError when the server refuses. */
  create(name: string): Promise<string>;

  /** Ask the server again. */
  refresh(): Promise<void>;
}

export const IProjects = new Token<IProjects>(
  'platform-labextension:IProjects',
  'The projects of the person at the keyboard.'
);

/** Commands of this feature that others use. */
export namespace ProjectCommands {
  /** Ask for a name, make a project, and open its folder. Resolves with the folder or null. */
  export const create = 'platform:new-project';
  /** Show the folder of the project `{project}` in the file browser. */
  export const open = 'platform:open-project';
}
