/** Requests to the platform's own REST API, whose refusals are errors a user can read. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { ApiError, refusalFromBody } from './refusal.js';

/** Talks to one server; every method resolves with parsed JSON, unchecked. */
export class ServerApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The address of a page or resource of this server. */
  url(...parts: string[]): string {
    return URLExt.join(this._settings.baseUrl, ...parts);
  }

  get(path: string): Promise<unknown> {
    return this._request(path, { method: 'GET' });
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return this._request(path, { method: 'POST', body: JSON.stringify(body) });
  }

  /** Replace something; with the version that it was made of, nothing else is replaced. */
  put(path: string, body: object = {}, version: string | null = null): Promise<unknown> {
    const headers = version === null ? {} : { headers: { 'If-Match': `"${version}"` } };
    return this._request(path, { method: 'PUT', body: JSON.stringify(body), ...headers });
  }

  patch(path: string, body: object): Promise<unknown> {
    return this._request(path, { method: 'PATCH', body: JSON.stringify(body) });
  }

  async delete(path: string): Promise<void> {
    await this._request(path, { method: 'DELETE' });
  }

  /** The answer's bytes as text. */
  async text(path: string): Promise<string> {
    return (await this._answer(path, { method: 'GET' })).text;
  }

  /** The answer's lines, each parsed as JSON, as they come; rejects as the others do. */
  async *lines(
    path: string,
    order: { readonly method: string; readonly body?: object } = { method: 'GET' }
  ): AsyncGenerator<unknown> {
    const response = await ServerConnection.makeRequest(
      this.url(path),
      {
        method: order.method,
        headers: { Accept: 'application/x-ndjson' },
        ...(order.body === undefined ? {} : { body: JSON.stringify(order.body) })
      },
      this._settings
    );
    if (!response.ok || response.body === null) {
      const text = await response.text();
      throw new ApiError(refusalFromBody(response.status, response.statusText, text));
    }
    yield* parsedLines(response.body);
  }

  private async _request(path: string, init: RequestInit): Promise<unknown> {
    const { text, response } = await this._answer(path, init);
    return text === '' || response.redirected ? null : (JSON.parse(text) as unknown);
  }

  /** Rejects with ApiError for a refusal, and ServerConnection.NetworkError when there is no answer. */
  private async _answer(
    path: string,
    init: RequestInit
  ): Promise<{ readonly text: string; readonly response: Response }> {
    const response = await ServerConnection.makeRequest(this.url(path), init, this._settings);
    const text = await response.text();
    if (!response.ok) {
      throw new ApiError(refusalFromBody(response.status, response.statusText, text));
    }
    return { text, response };
  }
}

async function* parsedLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as Decoder).getReader();
  let rest = '';
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter(line => line !== '').map(line => JSON.parse(line) as unknown);
    }
  } catch (reason) {
    throw new ServerConnection.NetworkError(reason as TypeError);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

// The standard library's types of the two do not fit together.
type Decoder = ReadableWritablePair<string, Uint8Array>;
