/** Pausing and the circuit breaker. */
import { describe, expect, it } from 'vitest';
import {
  decidePost,
  evolveGate,
  OPEN_GATE,
  type StreamGate
} from '../../../agent/core/stream/breaker.js';
import type { Draft, Fact } from '../../../schema/index.js';

const START = Date.parse('2026-01-02T03:04:05.000Z');

function draft(fact: Fact, ms = 0): Draft {
  const at = new Date(START + ms).toISOString();
  return { ...fact, at, actor: { kind: 'human', id: 'ada' }, assurance: 'verified' };
}

const hello = (ms: number) =>
  draft({ type: 'event.posted', v: 1, data: { type: 'hello', payload: {} } }, ms);
const paused = draft({ type: 'stream.paused', v: 1, data: { reason: 'lunch' } });
const resumed = draft({ type: 'stream.resumed', v: 1, data: {} });
const limited = draft({
  type: 'stream.limit-configured',
  v: 1,
  data: { events: 100, seconds: 1 }
});

/** Posts one by one; gives the types of what was stored, or the code of the first refusal. */
function post(start: StreamGate, drafts: readonly Draft[]): { gate: StreamGate; stored: string[] } {
  let gate = start;
  const stored: string[] = [];
  for (const one of drafts) {
    const decided = decidePost(gate, one);
    if ('code' in decided) {
      return { gate, stored: [...stored, decided.code] };
    }
    gate = decided.reduce(evolveGate, gate);
    stored.push(...decided.map(({ type }) => type));
  }
  return { gate, stored };
}

describe('the gate of a stream', () => {
  it('[S5] takes nothing but stream.resumed while the stream is paused', () => {
    const { stored, gate } = post(OPEN_GATE, [paused, hello(1)]);
    expect(stored).toEqual(['stream.paused', 'stream-paused']);
    expect(decidePost(gate, hello(1))).toMatchObject({ detail: expect.stringContaining('lunch') });
    expect(post(gate, [paused]).stored).toEqual(['stream-paused']);
    expect(post(gate, [resumed, hello(2)]).stored).toEqual(['stream.resumed', 'event.posted']);
  });

  it('[S6] pauses a stream that runs away, behind the event that was too much', () => {
    const gate = evolveGate(OPEN_GATE, limited);
    const fast = Array.from({ length: 140 }, (_, index) => hello(index));
    const { stored, gate: tripped } = post(gate, fast);
    expect(stored.at(-2)).toBe('stream.paused');
    expect(stored.at(-1)).toBe('stream-paused');
    expect(stored.length).toBeLessThan(125);
    expect(tripped.paused?.reason).toBe('circuit breaker tripped: 100 events in under 1 seconds');
    const again = post(tripped, [resumed, ...fast.slice(0, 90)]);
    expect(again.stored).not.toContain('stream-paused');
  });

  it('[S6] lets a stream go on that keeps below its limit, and one that nobody limited', () => {
    const slow = Array.from({ length: 500 }, (_, index) => hello(index * 11));
    expect(post(evolveGate(OPEN_GATE, limited), slow).stored).not.toContain('stream.paused');
    const many = Array.from({ length: 9_000 }, () => hello(0));
    expect(post(OPEN_GATE, many).stored).not.toContain('stream.paused');
  });
});
