/** What was submitted, as a drive of JupyterLab's that can only be read. */

import { Contents, type ServerConnection } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';

import { isRecord, textOf } from '../server/shape.js';
import type { ReviewApi } from './restapi.js';

export const DRIVE = 'Submission';

const NO_CHANGE = 'What was submitted cannot be changed.';

/** Where in the drive a file of a round is; `Submission:` comes before it. */
export function drivePath(id: string, round: number, path: string): string {
  return `${id}/${round}/${path}`;
}

export class SubmissionDrive implements Contents.IDrive {
  constructor(
    private readonly _api: ReviewApi,
    readonly serverSettings: ServerConnection.ISettings
  ) {}

  readonly name = DRIVE;

  get fileChanged(): ISignal<this, Contents.IChangedArgs> {
    return this._fileChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  async get(localPath: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const [id = '', round = '', ...parts] = localPath.split('/');
    const query = options?.content === false ? '&content=0' : '';
    const model = await this._api.contents(id, Number(round), parts.join('/'), query);
    const one = isRecord(model) ? model : {};
    return {
      ...one,
      name: textOf(one, 'name'),
      path: localPath,
      type: textOf(one, 'type', 'file'),
      writable: false,
      created: textOf(one, 'created'),
      last_modified: textOf(one, 'last_modified'),
      mimetype: textOf(one, 'mimetype'),
      content: one.content ?? null,
      format: (one.format ?? null) as Contents.FileFormat
    };
  }

  getDownloadUrl(localPath: string): Promise<string> {
    const [id = '', round = '', ...parts] = localPath.split('/');
    return Promise.resolve(this._api.download(id, Number(round), parts.join('/')));
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  newUntitled(): Promise<Contents.IModel> {
    return refused();
  }

  delete(): Promise<void> {
    return refused();
  }

  rename(): Promise<Contents.IModel> {
    return refused();
  }

  save(): Promise<Contents.IModel> {
    return refused();
  }

  copy(): Promise<Contents.IModel> {
    return refused();
  }

  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return refused();
  }

  restoreCheckpoint(): Promise<void> {
    return refused();
  }

  deleteCheckpoint(): Promise<void> {
    return refused();
  }

  private _isDisposed = false;
  private readonly _fileChanged = new Signal<this, Contents.IChangedArgs>(this);
}

function refused(): Promise<never> {
  return Promise.reject(new Error(NO_CHANGE));
}
