/** Where a subscription is in its stream, and how that follows from the facts about it. */
import type { StandingSubscription } from '../core/reactions/reactions.js';

/** Where a subscription is; kept in the journal under `subscription:<slug>`. */
export interface DeliveryCursor {
  /** Offset of the fact (configured, resumed) that this follows from. */
  readonly basis: number;
  /** Offset of the last event that is done with. */
  readonly after: number;
  /** Failed attempts of the next one. */
  readonly attempts: number;
  /** Time of its next attempt, in ms since the epoch; null: at once. */
  readonly nextAt: number | null;
}

/** The name of a subscription's cursor in the journal. */
export function cursorName(slug: string): string {
  return `subscription:${slug}`;
}

/** Where to go on: where it was, unless a newer fact says otherwise. */
export function startOf(
  { configured, resumed }: StandingSubscription,
  known: DeliveryCursor | null
): DeliveryCursor {
  const { offset, data } = configured;
  const from = data.from ?? 'end';
  const after = from === 'end' ? offset : from === 'start' ? 0 : from;
  const fresh = { basis: offset, after, attempts: 0, nextAt: null };
  const cursor = known !== null && known.basis >= offset ? known : fresh;
  return resumed === null || resumed.offset <= cursor.basis
    ? cursor
    : {
        ...{ basis: resumed.offset, attempts: 0, nextAt: null },
        after: resumed.data.afterOffset ?? cursor.after
      };
}
