import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../schema/index.js';
import { BoundedWindow } from '../../../src/client/bounded-window.js';
import { eventAt } from './event-at.js';

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => eventAt(from + index));

const MOST = 30;

/** A stream that grows, and lets old events go, but its newest. Read as the host reads it. */
class Stream {
  kept: Event[] = [];
  head = 0;

  grow(by: number): readonly Event[] {
    const fresh = range(this.head + 1, this.head + by);
    this.kept.push(...fresh);
    this.head += by;
    return fresh;
  }

  trim(gone: readonly number[]): void {
    this.kept = this.kept.filter(
      ({ offset }) => offset === this.head || !gone.includes(offset % 7)
    );
  }

  newest(limit: number, before = Infinity): readonly Event[] {
    return this.kept.filter(({ offset }) => offset < before).slice(-limit);
  }

  after(offset: number, limit: number): readonly Event[] {
    return this.kept.filter(event => event.offset > offset).slice(0, limit);
  }
}

/** One thing that happens to a window on a stream that grows. */
const limit = fc.integer({ min: 1, max: 20 });
const deeds = fc.oneof(
  fc.record({
    do: fc.constant('grow' as const),
    by: fc.integer({ min: 1, max: 40 }),
    shift: fc.boolean()
  }),
  fc.record({ do: fc.constant('trim' as const), gone: fc.array(fc.nat(6), { maxLength: 5 }) }),
  fc.record({ do: fc.constantFrom('older' as const, 'newer' as const, 'jump' as const), limit })
);

describe('the bounded window on a stream', () => {
  it('[B9] leaves out nothing that the stream keeps, never holds more than its bound, and knows how far the stream goes', () => {
    fc.assert(
      fc.property(fc.array(deeds, { maxLength: 40 }), all => {
        const window = new BoundedWindow(MOST);
        const stream = new Stream();
        stream.grow(50);
        window.replace(stream.newest(10), stream.head, false);
        for (const deed of all) {
          const oldest = window.events[0]?.offset ?? 1;
          const newest = window.events.at(-1)?.offset ?? 0;
          switch (deed.do) {
            case 'grow':
              window.take(stream.grow(deed.by), deed.shift);
              break;
            case 'trim':
              stream.trim(deed.gone);
              break;
            case 'older': {
              const page = stream.newest(deed.limit, oldest);
              window.addOlder(page, page.length < deed.limit);
              break;
            }
            case 'newer':
              window.addNewer(stream.after(newest, deed.limit));
              break;
            case 'jump': {
              const page = stream.newest(deed.limit);
              window.replace(page, stream.head, page.length < deed.limit);
              break;
            }
          }
          const offsets = window.events.map(event => event.offset);
          const [from = 1, to = 0] = [offsets[0], offsets.at(-1)];
          const kept = stream.kept.map(event => event.offset);
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
          expect(offsets).toEqual(
            expect.arrayContaining(kept.filter(offset => offset >= from && offset <= to))
          );
          expect(offsets.length).toBeLessThanOrEqual(MOST);
          expect(window.head).toBe(stream.head);
          expect(window.hasNewer).toBe(to < stream.head);
          if (!window.hasOlder) {
            expect(kept.filter(offset => offset < from)).toEqual([]);
          }
        }
      })
    );
  });

  it('[B9] goes back past events that are kept no longer, and knows where the stream begins now', () => {
    const window = new BoundedWindow(MOST);
    window.replace(range(40, 50), 50, false);
    window.addOlder([eventAt(3), eventAt(12)], false);
    expect(window.events[0]?.offset).toBe(3);
    expect(window.hasOlder).toBe(true);
    window.addOlder([], true);
    expect(window.hasOlder).toBe(false);
    window.take(range(51, 90), true);
    expect(window.hasOlder).toBe(true);
  });

  it('[B9] does not push away what is read when the tail brings more', () => {
    const window = new BoundedWindow(MOST);
    window.replace(range(1, MOST), MOST, true);
    window.take(range(MOST + 1, MOST + 5), false);
    expect(window.events[0]?.offset).toBe(1);
    window.addNewer(range(MOST + 1, MOST + 5));
    expect(window.events[0]?.offset).toBe(6);
    expect(window.hasNewer).toBe(false);
  });
});
