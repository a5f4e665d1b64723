/** Asks the server where what was saved is. */

import type { ServerApi } from '../server/api.js';
import { storageFromAnswer, type IStorage } from './model.js';

export async function fetchStorage(api: ServerApi): Promise<IStorage> {
  return storageFromAnswer(await api.get('api/storage'));
}
