/** Talks to the server about a project's packages. */

import type { ServerApi } from '../server/api.js';
import { listingFrom, wordFrom, type Action, type IListing, type IWord } from './data.js';

/** What is to be done: with requirements one by one, or with the text of a requirements file. */
export interface IOrder {
  readonly action: Action;
  readonly requirements?: readonly string[];
  readonly file?: string;
}

export class PackagesApi {
  constructor(private readonly _api: ServerApi) {}

  async listing(project: string): Promise<IListing> {
    return listingFrom(await this._api.get(address(project)));
  }

  /** Have something done, and hear how it goes to its end. */
  async *order(project: string, order: IOrder): AsyncGenerator<IWord> {
    for await (const line of this._api.lines(address(project), { method: 'POST', body: order })) {
      yield wordFrom(line);
    }
  }

  /** Hear how it goes with what somebody had done. */
  async *follow(project: string): AsyncGenerator<IWord> {
    for await (const line of this._api.lines(`${address(project)}/installation`)) {
      yield wordFrom(line);
    }
  }

  async cancel(project: string): Promise<void> {
    await this._api.delete(`${address(project)}/installation`);
  }

  /** Where the browser can download the requirements file from. */
  exportUrl(project: string): string {
    return this._api.url(`${address(project)}/requirements.txt`);
  }
}

function address(project: string): string {
  return `api/projects/${project}/packages`;
}
