import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedWindow } from '../../../src/client/bounded-window.js';
import { eventAt } from './event-at.js';

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => eventAt(from + index));

const MOST = 30;

/** One thing that happens to a window on a stream that grows. */
const deeds = fc.oneof(
  fc.record({
    do: fc.constant('grow' as const),
    by: fc.integer({ min: 1, max: 40 }),
    shift: fc.boolean()
  }),
  fc.record({ do: fc.constant('older' as const), limit: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('newer' as const), limit: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('jump' as const), limit: fc.integer({ min: 1, max: 20 }) })
);

describe('the bounded window on a stream', () => {
  it('[B9] holds a run without gap, never more than its bound, and knows how far the stream goes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.array(deeds, { maxLength: 40 }),
        (start, all) => {
          const window = new BoundedWindow(MOST);
          let head = start;
          window.replace(range(Math.max(1, head - 9), head), head);
          for (const deed of all) {
            const from = window.events[0]?.offset ?? head + 1;
            const to = window.events.at(-1)?.offset ?? 0;
            switch (deed.do) {
              case 'grow':
                window.take(range(Math.max(1, head - 3), head + deed.by), deed.shift);
                head += deed.by;
                break;
              case 'older':
                window.addOlder(range(Math.max(1, from - deed.limit), from + 2));
                break;
              case 'newer':
                window.addNewer(range(to + 1, Math.min(head, to + deed.limit)));
                break;
              case 'jump':
                window.replace(range(Math.max(1, head - deed.limit), head), head);
                break;
            }
            const offsets = window.events.map(event => event.offset);
            expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index));
            expect(offsets.length).toBeLessThanOrEqual(MOST);
            expect(window.head).toBe(head);
            expect(window.hasNewer).toBe((offsets.at(-1) ?? 0) < head);
            expect(window.hasOlder).toBe((offsets[0] ?? head + 1) > 1);
          }
        }
      )
    );
  });

  it('[B9] does not push away what is read when the tail brings more', () => {
    const window = new BoundedWindow(MOST);
    window.replace(range(1, MOST), MOST);
    window.take(range(MOST + 1, MOST + 5), false);
    expect(window.events[0]?.offset).toBe(1);
    window.addNewer(range(MOST + 1, MOST + 5));
    expect(window.events[0]?.offset).toBe(6);
    expect(window.hasNewer).toBe(false);
  });
});
