import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventWindow } from '../../../src/client/event-window.js';
import { eventAt } from './event-at.js';

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => eventAt(from + index));

describe('the window on a stream', () => {
  it('[U11] holds each offset once, in order, however pages and tail overlap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 40 }),
        fc.array(fc.tuple(fc.nat(20), fc.nat(20))),
        (start, length, pieces) => {
          const window = new EventWindow();
          window.append(range(start, start + length));
          for (const [back, forth] of pieces) {
            const newest = window.newest?.offset ?? 0;
            const oldest = window.events[0]?.offset ?? 1;
            window.append(range(Math.max(start, newest - back), newest + forth));
            window.prepend(range(Math.max(1, oldest - back), oldest + forth));
          }
          const offsets = window.events.map(event => event.offset);
          expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index));
          expect(window.hasOlder).toBe((offsets[0] ?? 1) > 1);
        }
      )
    );
  });

  it('[U11] returns only what is new', () => {
    const window = new EventWindow();
    expect(window.append(range(5, 8))).toHaveLength(4);
    expect(window.append(range(7, 9)).map(event => event.offset)).toEqual([9]);
    expect(window.prepend(range(2, 6)).map(event => event.offset)).toEqual([2, 3, 4]);
  });

  it('[U11] refuses a gap', () => {
    const window = new EventWindow();
    window.append(range(5, 8));
    expect(() => window.append(range(10, 11))).toThrow(RangeError);
    expect(() => window.prepend(range(1, 3))).toThrow(RangeError);
    expect(window.events).toHaveLength(4);
  });
});
