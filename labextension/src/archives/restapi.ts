/** Zip files, out of projects and into them, over the platform's REST API. */

import { ServerConnection } from '@jupyterlab/services';

import { ApiError, refusalFromBody } from '../server/refusal.js';
import type { ServerApi } from '../server/api.js';
import { isRecord } from '../server/shape.js';

/** What an import did. */
export interface IImported {
  /** Files that were saved. */
  readonly files: number;
  /** Files that were there with the same bytes. */
  readonly unchanged: number;
  readonly bytes: number;
}

export interface IUpload {
  readonly project: string;
  /** The folder that it is unpacked into, within the project. */
  readonly folder: string;
  readonly file: Blob;
  /** Whether files that are there are replaced; what they were stays in their history. */
  readonly replace: boolean;
  /** Called with the share that was sent, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Where the browser can download a folder as a zip file from. */
export function archiveUrl(api: ServerApi, project: string, folder: string): string {
  return api.url(`api/projects/${project}/archive?${new URLSearchParams({ path: folder })}`);
}

export function importedFrom(answer: unknown): IImported {
  const found = isRecord(answer) ? answer : {};
  const count = (key: string) => (typeof found[key] === 'number' ? found[key] : 0);
  return { files: count('files'), unchanged: count('unchanged'), bytes: count('bytes') };
}

/**
 * Send a zip file to be unpacked: all of it, or nothing.
 *
 * Rejects with ApiError for a refusal, with NetworkError when there is no answer, and with an
 * AbortError when it is broken off. `fetch` does not tell how much was sent.
 */
export function importZip(
  api: ServerApi,
  settings: ServerConnection.ISettings,
  upload: IUpload
): Promise<IImported> {
  const query = new URLSearchParams({ path: upload.folder, replace: upload.replace ? '1' : '0' });
  const request = new XMLHttpRequest();
  request.open('POST', api.url(`api/projects/${upload.project}/import?${query}`));
  request.setRequestHeader('Content-Type', 'application/zip');
  if (settings.token !== '') {
    request.setRequestHeader('Authorization', `token ${settings.token}`);
  }
  const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  if (xsrf !== undefined) {
    request.setRequestHeader('X-XSRFToken', xsrf);
  }
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => upload.onProgress(loaded / (total || 1));
    request.onerror = () => {
      reject(new ServerConnection.NetworkError(new TypeError('The server cannot be reached.')));
    };
    request.onabort = () => reject(new DOMException('Broken off', 'AbortError'));
    request.onload = () => {
      const { status, statusText, responseText } = request;
      if (status === 201) {
        resolve(importedFrom(JSON.parse(responseText) as unknown));
      } else {
        reject(new ApiError(refusalFromBody(status, statusText, responseText)));
      }
    };
    upload.signal.addEventListener('abort', () => request.abort());
    request.send(upload.file);
  });
}
