/**
 * Decides whether a history of appends to one stream is that of a log: what concurrent writers and
 * readers saw, and what the stream holds in the end. Sorting is the dearest step, so a history of a
 * million operations is no trouble. Each law is checked by itself; what is broken is told in words.
 */

/** One attempt to append. Times are of one clock, in any unit. */
export interface Operation {
  readonly writer: string;
  /** What makes its event findable in the stream; attempts with the same key mean the same event. */
  readonly key: string;
  readonly invokedAt: number;
  /** When the answer came; Infinity if none did. */
  readonly completedAt: number;
  /** The offset in the answer; null if there was none, or a refusal. */
  readonly offset: number | null;
  /** The offset that the writer said its event must get. */
  readonly expectedOffset?: number;
  /** Said by the answer: the event is not stored, and will not be by this attempt. */
  readonly refused?: boolean;
}

/** An event as a reader got it. */
export interface Seen {
  readonly offset: number;
  readonly key: string;
}

export interface History {
  readonly operations: readonly Operation[];
  /** What each reader got, in the order in which it came. */
  readonly readers: readonly (readonly Seen[])[];
  /** The whole stream, read once everything had ended. */
  readonly final: readonly Seen[];
}

const SHOWN = 20;

/** What is wrong with the history, at most a few sentences for each law; empty if nothing is. */
export function faultsOf(history: History): string[] {
  const laws = [dense, once, acknowledged, oneOffset, realTime, readers, chain, refusals];
  return laws.flatMap(law => [...law(history)].slice(0, SHOWN));
}

/** Offsets are 1, 2, 3 … */
function* dense({ final }: History): Generator<string> {
  for (const [index, { offset }] of final.entries()) {
    if (offset !== index + 1) {
      yield `dense: the event in place ${index + 1} has offset ${offset}`;
    }
  }
}

/** A key is in the stream once at most. */
function* once({ final }: History): Generator<string> {
  const offsets = new Map<string, number>();
  for (const { key, offset } of final) {
    const earlier = offsets.get(key);
    if (earlier !== undefined) {
      yield `once: ${key} is at offset ${earlier} and at ${offset}`;
    }
    offsets.set(key, offset);
  }
}

/** What was acknowledged can be read, where the answer said, and what is read was sent. */
function* acknowledged({ operations, final }: History): Generator<string> {
  const sent = new Set(operations.map(({ key }) => key));
  for (const { key, offset } of operations) {
    const there = offset === null ? key : final[offset - 1]?.key;
    if (there !== key) {
      yield `acknowledged: ${key} should be at ${offset}, where there is ${there ?? 'nothing'}`;
    }
  }
  for (const { key, offset } of final) {
    if (!sent.has(key)) {
      yield `acknowledged: nobody sent ${key}, which is at ${offset}`;
    }
  }
}

/** All answers for a key name the same offset. */
function* oneOffset({ operations }: History): Generator<string> {
  const offsets = new Map<string, number>();
  for (const { key, offset } of operations) {
    if (offset !== null) {
      const earlier = offsets.get(key) ?? offset;
      offsets.set(key, earlier);
      if (earlier !== offset) {
        yield `idempotent: ${key} was said to be at ${earlier} and at ${offset}`;
      }
    }
  }
}

/** What was acknowledged before another was first sent has the smaller offset. */
function* realTime({ operations }: History): Generator<string> {
  const events = eventsOf(operations);
  const byEnd = [...events].sort((a, b) => a.acknowledgedAt - b.acknowledgedAt);
  const byStart = [...events].sort((a, b) => a.sentAt - b.sentAt);
  let ended = 0;
  let highest: Event | undefined;
  for (const event of byStart) {
    for (let next = byEnd[ended]; next !== undefined; next = byEnd[ended]) {
      if (next.acknowledgedAt >= event.sentAt) {
        break;
      }
      highest = highest === undefined || next.offset > highest.offset ? next : highest;
      ended += 1;
    }
    if (highest !== undefined && highest.offset > event.offset) {
      yield `real time: ${highest.key} (${highest.offset}) was acknowledged before ${event.key} (${event.offset}) was sent`;
    }
  }
}

interface Event {
  readonly key: string;
  readonly offset: number;
  sentAt: number;
  acknowledgedAt: number;
}

/** The acknowledged events with their first sending and their first acknowledgement. */
function eventsOf(operations: readonly Operation[]): Event[] {
  const sent = new Map<string, number>();
  for (const { key, invokedAt } of operations) {
    sent.set(key, Math.min(invokedAt, sent.get(key) ?? Infinity));
  }
  const events = new Map<string, Event>();
  for (const { key, offset, completedAt } of operations) {
    const known = events.get(key);
    if (known !== undefined) {
      known.acknowledgedAt = Math.min(known.acknowledgedAt, completedAt);
    } else if (offset !== null) {
      const sentAt = sent.get(key) ?? 0;
      events.set(key, { key, offset, sentAt, acknowledgedAt: completedAt });
    }
  }
  return [...events.values()];
}

/** Each reader saw the beginning of the stream, every event once and in its place. */
function* readers({ readers: all, final }: History): Generator<string> {
  for (const [reader, seen] of all.entries()) {
    for (const [index, { offset, key }] of seen.entries()) {
      if (offset !== index + 1 || final[index]?.key !== key) {
        yield `prefix: reader ${reader} got ${key} at ${offset} as its event ${index + 1}, where the stream has ${final[index]?.key ?? 'nothing'}`;
        break;
      }
    }
  }
}

/** An append that named its offset got that one; so the successes form a chain. */
function* chain({ operations }: History): Generator<string> {
  for (const { key, offset, expectedOffset } of operations) {
    if (offset !== null && expectedOffset !== undefined && offset !== expectedOffset) {
      yield `expected: ${key} was to get ${expectedOffset} and got ${offset}`;
    }
  }
}

/** What was only ever refused for good is not there. */
function* refusals({ operations, final }: History): Generator<string> {
  const possible = new Set(operations.flatMap(({ key, refused }) => (refused ? [] : [key])));
  const refusedOnly = new Set(operations.flatMap(({ key }) => (possible.has(key) ? [] : [key])));
  for (const { key, offset } of final) {
    if (refusedOnly.has(key)) {
      yield `refused: ${key} was refused and is at ${offset}`;
    }
  }
}
