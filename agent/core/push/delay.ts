/** When a delivery that failed is tried again. Pure: chance and the time are inputs. */

/** So many attempts for one event; then its subscription is parked. */
export const MOST_ATTEMPTS = 15;

const FIRST_MS = 1000;
const LONGEST_MS = 30 * 60_000;
const LONGEST_ASKED_MS = 24 * 60 * 60_000;

/**
 * Milliseconds to wait after so many failed attempts (1 or more): 1 s, doubled each time, up to half
 * an hour, spread by a fifth by `chance` (0 to 1); longer if the receiver asked for it, up to a day.
 */
export function deliveryDelay(attempts: number, chance: number, askedMs = 0): number {
  const doubled = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  const spread = Math.round(doubled * (0.8 + 0.4 * chance));
  return Math.max(spread, Math.min(askedMs, LONGEST_ASKED_MS));
}
