/** Numbers for things that come and go. */

/** The smallest number from 1 that is not taken. */
export function lowestFree(taken: ReadonlySet<number>): number {
  let number = 1;
  while (taken.has(number)) {
    number += 1;
  }
  return number;
}
