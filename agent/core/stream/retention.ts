/**
 * How long a stream keeps what is posted to it. Pure: the rule is folded from the facts about the
 * stream, and gives the offset before which events may go.
 */
import type { Draft, Event } from '../../../schema/index.js';
import { timestampOf } from '../timestamp.js';

export interface Retention {
  readonly days: number | null;
  readonly events: number | null;
}

const DAY_MS = 86_400_000;

/** The rule that holds after these facts, the last one; null for keeping everything. */
export function retentionOf(controls: readonly Draft[]): Retention | null {
  const last = controls.findLast(fact => fact.type === 'stream.retention-configured');
  const { days = null, events = null } = last?.data ?? {};
  return days === null && events === null ? null : { days, events };
}

/** What is asked of the stream. */
export interface Trimmable {
  readonly head: number;
  /** The oldest event whose offset is greater; undefined behind the last. */
  readonly next: (after: number) => Pick<Event, 'offset' | 'at'> | undefined;
  /** How many events could go that stand before the offset. */
  readonly count: (before: number) => number;
}

/**
 * The offset before which events may go at the time `now`, in ms since the epoch; the newest event
 * always stays. Asks by halving, so that it does not read what stays.
 */
export function trimmedBefore(
  rule: Retention,
  { head, next, count }: Trimmable,
  now: number
): number {
  const { days, events } = rule;
  const cutoff = days === null ? null : timestampOf(now - days * DAY_MS);
  const excess = events === null ? 0 : count(head + 1) - events;
  const lastOld = cutoff === null ? 0 : least(head, after => (next(after)?.at ?? cutoff) >= cutoff);
  const lastBeyond = excess <= 0 ? 0 : least(head, offset => count(offset + 1) >= excess);
  return Math.min(head, Math.max(lastOld, lastBeyond) + 1);
}

/** The least whole number below `end` for which it is true, as it is for all above; else `end`. */
function least(end: number, holds: (value: number) => boolean): number {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
