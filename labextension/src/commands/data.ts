/** Command lines, as the server has them. */

import { isRecord, textOf } from '../server/shape.js';

/** A command line that was typed in a terminal. */
export interface ICommand {
  readonly id: string;
  readonly text: string;
  /** Within the project, or absolute. */
  readonly cwd: string;
  readonly exitCode: number;
  readonly at: Date;
  readonly milliseconds: number;
}

/** Some of them, the latest first. */
export interface IPage {
  readonly commands: readonly ICommand[];
  readonly more: boolean;
}

export const NOTHING: IPage = { commands: [], more: false };

/** Read an answer; what is not a command line is left out. */
export function pageFrom(answer: unknown): IPage {
  if (!isRecord(answer) || !Array.isArray(answer.commands)) {
    return NOTHING;
  }
  return {
    commands: answer.commands.filter(isRecord).map(commandFrom),
    more: answer.more === true
  };
}

function commandFrom(one: Record<string, unknown>): ICommand {
  return {
    id: textOf(one, 'id'),
    text: textOf(one, 'text'),
    cwd: textOf(one, 'cwd'),
    exitCode: typeof one.exit_code === 'number' ? one.exit_code : 0,
    at: new Date(textOf(one, 'began_at')),
    milliseconds: typeof one.duration_ms === 'number' ? one.duration_ms : 0
  };
}

/**
 * What can be put into a terminal without running it; null if that is not possible.
 *
 * The end of a line would run it, and other controls do who knows what.
 */
export function insertable(text: string): string | null {
  return text === '' || /[\u0000-\u001f\u007f-\u009f]/.test(text) ? null : text;
}

/** How long something took, in a few letters; nothing for what took no time. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) {
    return '';
  }
  if (seconds < 60) {
    return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
