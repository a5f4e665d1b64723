/** Checks of data that arrives from outside. */

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text under a key, or the fallback when there is none. */
export function textOf(record: Record<string, unknown>, key: string, fallback = ''): string {
  const value = record[key];
  return typeof value === 'string' ? value : fallback;
}

/** The number under a key, null when there is none. */
export function numberOf(one: Record<string, unknown>, key: string): number | null {
  const value = one[key];
  return typeof value === 'number' ? value : null;
}

/** Those of a list's members that are JSON objects; none if it is no list. */
export function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Those of a list's members that are texts; none if it is no list. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}
