/** Projects over the platform's REST API. */

import type { ServerApi } from '../server/api.js';
import { isRecord, textOf } from '../server/shape.js';
import type { IProject } from './tokens.js';

/** Make a project; resolves with the name of its folder in the contents API. */
export async function createProject(api: ServerApi, name: string): Promise<string> {
  const answer = await api.post('api/projects/', { name });
  const project = isRecord(answer) ? answer : {};
  return textOf(project, 'label') || textOf(project, 'name', name);
}

/** The projects of the person at the keyboard, in no order. */
export async function listProjects(api: ServerApi): Promise<IProject[]> {
  return projectsFrom(await api.get('api/projects/'));
}

export function projectsFrom(answer: unknown): IProject[] {
  const found = Array.isArray(answer) ? answer.filter(isRecord) : [];
  return found.map(one => {
    const role = textOf(one, 'role');
    return {
      id: textOf(one, 'id'),
      folder: textOf(one, 'label'),
      role: role === 'owner' || role === 'editor' ? role : 'viewer'
    };
  });
}
