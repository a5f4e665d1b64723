/** What admins did: read from the server's JSON, and put into words. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import { isRecord, numberOf, recordsOf, textOf } from '../server/shape.js';

export const ACTS = [
  'account.make',
  'account.rename',
  'account.role',
  'account.password',
  'account.disable',
  'account.enable',
  'account.token.make',
  'account.token.revoke',
  'group.make',
  'group.rename',
  'group.remove',
  'group.members',
  'group.reviewers',
  'project.limits',
  'project.reviewers',
  'project.rubric',
  'installation.rubric',
  'sandbox.stop'
] as const;

export type ActName = (typeof ACTS)[number];

type Facts = Readonly<Record<string, unknown>>;

/** Something that an admin did. */
export interface IAct {
  readonly number: number;
  readonly at: string;
  readonly actor: string;
  /** Whether an account did it. */
  readonly isAccount: boolean;
  readonly address: string;
  readonly name: string;
  readonly target: string;
  readonly before: Facts;
  readonly after: Facts;
}

/** Acts, the newest first; `next` is null if there are no others. */
export interface IActs {
  readonly acts: readonly IAct[];
  readonly next: number | null;
}

/** The act says the one, and its target the other. */
const UNSAID = new Set(['disabled', 'project']);

export const NO_ACTS: IActs = { acts: [], next: null };

export function actsFrom(value: unknown): IActs {
  const all = isRecord(value) ? value : {};
  return { acts: recordsOf(all.acts).map(actFrom), next: numberOf(all, 'next') };
}

function actFrom(one: Record<string, unknown>): IAct {
  const [actor, target, before, after] = [one.actor, one.target, one.before, one.after].map(part =>
    isRecord(part) ? part : {}
  ) as [Facts, Facts, Facts, Facts];
  return {
    number: numberOf(one, 'number') ?? 0,
    at: textOf(one, 'at'),
    actor: textOf(actor, 'name'),
    isAccount: typeof actor.id === 'string',
    address: textOf(actor, 'address'),
    name: textOf(one, 'act'),
    target: textOf(target, 'name'),
    before,
    after
  };
}

/** The newest acts with the older ones that are known; without these if some between are not. */
export function withNewest(newest: IActs, known: IActs): IActs {
  const last = newest.acts.at(-1)?.number ?? 0;
  const older = known.acts.filter(one => one.number < last);
  return older[0]?.number === last - 1 ? { acts: [...newest.acts, ...older], next: known.next } : newest;
}

/** The acts that are known with older ones. */
export function withOlder(known: IActs, older: IActs): IActs {
  const last = known.acts.at(-1)?.number ?? Infinity;
  return { acts: [...known.acts, ...older.acts.filter(one => one.number < last)], next: older.next };
}

export function actText(name: string, trans: TranslationBundle): string {
  const texts: Record<ActName, string> = {
    'account.make': trans.__('Made the account'),
    'account.rename': trans.__('Renamed the account'),
    'account.role': trans.__('Changed the role'),
    'account.password': trans.__('Set the password'),
    'account.disable': trans.__('Disabled the account'),
    'account.enable': trans.__('Enabled the account'),
    'account.token.make': trans.__('Made an API token'),
    'account.token.revoke': trans.__('Revoked an API token'),
    'group.make': trans.__('Made the group'),
    'group.rename': trans.__('Renamed the group'),
    'group.remove': trans.__('Removed the group'),
    'group.members': trans.__('Changed the members'),
    'group.reviewers': trans.__('Changed the reviewers of the group'),
    'project.limits': trans.__('Set limits'),
    'project.reviewers': trans.__('Named the reviewers of the project'),
    'project.rubric': trans.__('Changed the rubric'),
    'installation.rubric': trans.__('Changed the rubric of all projects'),
    'sandbox.stop': trans.__('Stopped the sandbox')
  };
  return (texts as Record<string, string>)[name] ?? name;
}

/** Who did it. */
export function actorText({ actor, isAccount }: IAct, trans: TranslationBundle): string {
  const others: Record<string, string> = {
    'command line': trans.__('The command line'),
    'account service': trans.__('The account service')
  };
  return isAccount ? actor : (others[actor] ?? actor);
}

/** What it was before, and what it is after: `Role: learner → admin`. */
export function changeText({ before, after }: IAct, trans: TranslationBundle): string {
  const labels = labelsOf(trans);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter(key => !UNSAID.has(key))
    .map(key => {
      const sides = [before, after].filter(side => key in side).map(side => factText(key, side[key], trans));
      return trans.__('%1: %2', labels[key] ?? key, [...new Set(sides)].join(' → '));
    })
    .join('; ');
}

function labelsOf(trans: TranslationBundle): Readonly<Record<string, string>> {
  return {
    name: trans.__('Name'),
    role: trans.__('Role'),
    token: trans.__('Token'),
    scopes: trans.__('Scopes'),
    people: trans.__('People'),
    came: trans.__('Came'),
    went: trans.__('Went'),
    members: trans.__('Members'),
    reviewers: trans.__('Reviewers'),
    criteria: trans.__('Criteria'),
    points: trans.__('Points'),
    cpus: trans.__('Processors'),
    memory_bytes: trans.__('Memory'),
    pids: trans.__('Processes'),
    owner: trans.__('Owner')
  };
}

function factText(key: string, value: unknown, trans: TranslationBundle): string {
  if (Array.isArray(value)) {
    return value.map(String).join(', ');
  }
  if (key === 'memory_bytes' && typeof value === 'number') {
    return sizeText(value);
  }
  const roles: Record<string, string> = {
    learner: trans.__('Learner'),
    reviewer: trans.__('Reviewer'),
    admin: trans.__('Administrator')
  };
  return (key === 'role' ? roles[String(value)] : undefined) ?? String(value);
}
