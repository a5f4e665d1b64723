/** What the server's codes mean, in words. */

import type { TranslationBundle } from '@jupyterlab/translation';

export function operationText(operation: string, trans: TranslationBundle): string {
  const texts: Record<string, string> = {
    sandbox_claim: trans.__('Sandbox that waited, until it is a project’s'),
    sandbox_start: trans.__('Sandbox that had to be started'),
    kernel_start: trans.__('Kernel or session, until the request is answered'),
    kernel_restart: trans.__('Restart of a kernel'),
    execute: trans.__('Code, until an idle kernel begins'),
    terminal_open: trans.__('Terminal'),
    save: trans.__('Saving a file'),
    loop_lag: trans.__('Delay of the server itself')
  };
  return texts[operation] ?? operation;
}

export function causeText(cause: string, trans: TranslationBundle): string {
  const texts: Record<string, string> = {
    exited: trans.__('by itself'),
    killed: trans.__('killed by a signal'),
    out_of_memory: trans.__('out of memory'),
    user: trans.__('somebody stopped it'),
    idle: trans.__('nobody used it'),
    expired: trans.__('too old'),
    engine: trans.__('the container engine or the server stopped it'),
    unknown: trans.__('unknown')
  };
  return texts[cause] ?? cause.replace(/_/g, ' ');
}

/** `0.24 of 1 CPU`. */
export function cpuText(cpu: number): string {
  return cpu.toFixed(cpu < 10 ? 2 : 1);
}

export function millisecondsText(value: number | null): string {
  if (value === null) {
    return '–';
  }
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** A moment as somebody reads it who knows what time it is. */
export function momentText(moment: string | null): string {
  const at = moment === null || moment === '' ? null : new Date(moment);
  if (at === null || Number.isNaN(at.getTime())) {
    return '–';
  }
  const isToday = at.toDateString() === new Date().toDateString();
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return isToday ? time : `${at.toLocaleDateString()} ${time}`;
}
