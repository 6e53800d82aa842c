/** How long to wait before trying again: doubling, capped, spread so that tabs do not march in step. */

const FIRST = 400;
const MOST = 10_000;

/**
 * Wait before attempt number `failures` + 1, in ms.
 * @param failures Failures in a row so far, from 1.
 * @param chance A number from 0 up to 1; spreads the wait over its upper half.
 */
export function backOff(failures: number, chance: number): number {
  const full = Math.min(MOST, FIRST * 2 ** Math.min(failures - 1, 10));
  return Math.round(full / 2 + (full / 2) * chance);
}
