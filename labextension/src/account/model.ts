/** Who is signed in, as the page shows it. */

import { isRecord, textOf } from '../server/shape.js';

/** What an account is for. */
export type Role = 'learner' | 'reviewer' | 'admin';

/** The person at the keyboard. */
export interface IPerson {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** One or two letters for the avatar. */
  readonly initials: string;
  /** The avatar's colour, in degrees on the colour wheel: the same on every page and machine. */
  readonly hue: number;
}

const ROLES: ReadonlySet<string> = new Set<Role>(['learner', 'reviewer', 'admin']);

/** Read the `identity` part of `/api/me`; what is missing falls back to something sensible. */
export function personFromIdentity(identity: unknown): IPerson {
  const record = isRecord(identity) ? identity : {};
  const username = textOf(record, 'username');
  const email = textOf(record, 'email');
  const name = textOf(record, 'display_name') || textOf(record, 'name') || email || username;
  const role = textOf(record, 'role');
  return {
    name,
    email,
    role: isRole(role) ? role : 'learner',
    initials: initialsOf(name),
    hue: hueOf(username || email)
  };
}

/** `AL` for Ada Lovelace, `G` for grace@example.org, `?` for nobody. */
export function initialsOf(name: string): string {
  const words = name.replace(/@.*$/, '').split(/[\s._-]+/).filter(word => word !== '');
  const first = words[0];
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last].map(firstLetter).join('').toUpperCase() || '?';
}

// By code point: half of a surrogate pair is no letter.
function firstLetter(word: string | undefined): string {
  return word === undefined ? '' : (Array.from(word)[0] ?? '');
}

function hueOf(text: string): number {
  let sum = 0;
  for (const character of text) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  }
  return sum;
}

function isRole(text: string): text is Role {
  return ROLES.has(text);
}
