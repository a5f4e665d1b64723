/** Saves that overwrite nothing that the page has not seen. */

import { URLExt } from '@jupyterlab/coreutils';
import { type Contents, RestContentProvider, ServerConnection } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IConflict, ISaveConflicts } from './tokens.js';

/** Somebody else saved the file at the same moment. */
export class SaveConflict extends Error {
  constructor(readonly conflict: IConflict) {
    super(
      `Somebody else saved "${conflict.path}" at the same moment. Nothing is lost: what you have is in "${conflict.copy}".`
    );
  }
}

/**
 * Remembers, from each check of a file, what was there, and lets the next save replace only that.
 *
 * JupyterLab asks before each save whether the file has changed, and saves unconditionally after
 * that: what somebody saves in between would be overwritten. A save that has not been checked goes
 * through as it is.
 */
export class CheckedSaves {
  note(path: string, model: Contents.IModel): void {
    if (model.hash != null) {
      this._seen.set(path, model.hash);
    } else {
      this._seen.delete(path);
    }
  }

  /** What the next save of the file may replace; that is asked once. */
  take(path: string): string | null {
    const hash = this._seen.get(path) ?? null;
    this._seen.delete(path);
    return hash;
  }

  private readonly _seen = new Map<string, string>();
}

/** Tells of saves that have become conflict copies. */
export class SaveConflicts implements ISaveConflicts {
  get happened(): ISignal<this, IConflict> {
    return this._happened;
  }

  emit(conflict: IConflict): void {
    this._happened.emit(conflict);
  }

  private readonly _happened = new Signal<this, IConflict>(this);
}

/** Asks and saves over HTTP, on condition. */
export class CheckedProvider extends RestContentProvider {
  constructor(
    private readonly _address: RestContentProvider.IOptions,
    private readonly _conflicts: SaveConflicts
  ) {
    super(_address);
  }

  override async get(
    localPath: string,
    options?: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    const { contentProviderId: _, ...asked } = options ?? {};
    const isCheck = asked.hash === true && asked.content === false;
    const model = await super.get(localPath, options && asked);
    if (isCheck) {
      this._saves.note(localPath, model);
    }
    return model;
  }

  override async save(
    localPath: string,
    options: Contents.IContentProvisionOptions & Partial<Contents.IModel> = {}
  ): Promise<Contents.IModel> {
    const { contentProviderId: _, ...model } = options;
    const hash = this._saves.take(localPath);
    if (hash === null || model.chunk !== undefined) {
      return super.save(localPath, model);
    }
    const response = await this._put(localPath, model, hash);
    if (response.status === 200 || response.status === 201) {
      const saved = (await response.json()) as Contents.IModel;
      if (saved.path !== localPath) {
        const conflict = { path: localPath, copy: saved.path };
        this._conflicts.emit(conflict);
        throw new SaveConflict(conflict);
      }
      return saved;
    }
    throw await ServerConnection.ResponseError.create(response);
  }

  private _put(path: string, model: Partial<Contents.IModel>, hash: string): Promise<Response> {
    const { serverSettings, apiEndpoint } = this._address;
    const address = URLExt.join(serverSettings.baseUrl, apiEndpoint, URLExt.encodeParts(path));
    const url = `${address}?conflict=copy`;
    const headers = { 'If-Match': `"${hash}"` };
    const body = JSON.stringify(model);
    return ServerConnection.makeRequest(url, { method: 'PUT', body, headers }, serverSettings);
  }

  private readonly _saves = new CheckedSaves();
}
