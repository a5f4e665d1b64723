/** Projects over the platform's REST API. */

import type { ServerApi } from '../server/api.js';
import { isRecord, textOf } from '../server/shape.js';

/** Make a project; resolves with the name of its folder in the contents API. */
export async function createProject(api: ServerApi, name: string): Promise<string> {
  const answer = await api.post('api/projects/', { name });
  const project = isRecord(answer) ? answer : {};
  return textOf(project, 'label') || textOf(project, 'name', name);
}
