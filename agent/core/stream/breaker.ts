/**
 * Whether a stream takes what is posted: paused or not, and the circuit breaker, a bucket of as many
 * events as the limit allows, filled up evenly over its seconds. Pure; only what is posted counts,
 * never what the mirror or a kernel states.
 */
import type { Draft, Rejection } from '../../../schema/index.js';
import { millisecondsOf } from '../timestamp.js';

export interface StreamGate {
  /** Null while the stream takes events. */
  readonly paused: { readonly reason: string | undefined; readonly at: string } | null;
  /** When it was closed for ever; null while it is not. */
  readonly closed: string | null;
  readonly limit: { readonly events: number; readonly seconds: number };
  /** Events that may come at once at the time `at`, in ms since 1970; null `at`: the bucket is full. */
  readonly left: number;
  readonly at: number | null;
}

/** A person or a program that reports seldom comes near this; a loop gone wild does in seconds. */
const LIMIT = { events: 10_000, seconds: 10 };

export const OPEN_GATE: StreamGate = {
  paused: null,
  closed: null,
  limit: LIMIT,
  left: LIMIT.events,
  at: null
};

/** The gate after a fact of the stream. Total over every fact. */
export function evolveGate(gate: StreamGate, fact: Draft): StreamGate {
  switch (fact.type) {
    case 'stream.paused':
      return { ...gate, paused: { reason: fact.data.reason, at: fact.at } };
    case 'stream.resumed':
      return { ...gate, paused: null, left: gate.limit.events, at: null };
    case 'stream.limit-configured':
      return { ...gate, limit: fact.data, left: fact.data.events, at: null };
    case 'stream.closed':
      return { ...gate, closed: fact.at };
    case 'event.posted':
    case 'message.appended': {
      const at = millisecondsOf(fact.at);
      return { ...gate, left: leftAt(gate, at) - 1, at };
    }
    default:
      return gate;
  }
}

function leftAt({ left, at, limit }: StreamGate, now: number): number {
  const passed = at === null ? 0 : Math.max(0, now - at);
  return Math.min(limit.events, left + (passed / 1000) * (limit.events / limit.seconds));
}

/** The facts that follow from a post, or why it is refused. */
export function decidePost(gate: StreamGate, draft: Draft): readonly Draft[] | Rejection {
  if (gate.closed !== null) {
    const detail = `The stream was closed at ${gate.closed}; nothing more is taken. Post to another one.`;
    return { code: 'stream-closed', detail, at: { since: gate.closed } };
  }
  if (gate.paused !== null && draft.type !== 'stream.resumed') {
    const { reason, at } = gate.paused;
    const why = reason === undefined ? '' : ` (${reason})`;
    const detail =
      `The stream has been paused since ${at}${why}. Post {"type": "stream.resumed"} first; ` +
      'nothing else is taken.';
    return { code: 'stream-paused', detail, at: { since: at, reason } };
  }
  const after = evolveGate(gate, draft);
  return after.left < 1 && after.left < gate.left ? [draft, tripped(gate, draft.at)] : [draft];
}

function tripped({ limit }: StreamGate, at: string): Draft {
  const reason = `circuit breaker tripped: ${limit.events} events in under ${limit.seconds} seconds`;
  return {
    type: 'stream.paused',
    v: 1,
    data: { reason },
    at,
    actor: { kind: 'system', id: 'circuit-breaker', name: 'Circuit breaker' },
    assurance: 'verified'
  };
}
