/** Times of schedules: cron in its time zones, intervals without drift, the fold of what stands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOfCron } from '../../../agent/core/reactions/cron.js';
import { nextDue } from '../../../agent/core/reactions/due.js';
import {
  evolveReactions,
  foldReactions,
  NO_REACTIONS
} from '../../../agent/core/reactions/reactions.js';
import { timestampOf } from '../../../agent/core/timestamp.js';
import type { Event, Fact } from '../../../schema/index.js';

/** The next `count` times, without the date where it is the day of the start. */
function times(cron: string, from: string, count: number, timeZone = 'UTC'): string[] {
  const found: string[] = [];
  let after = Date.parse(from);
  for (let each = 0; each < count; each++) {
    after = nextOfCron(cron, timeZone, after) ?? Number.NaN;
    found.push(new Date(after).toISOString().slice(0, 19));
  }
  return found;
}

describe('times that are due', () => {
  it('[H1] are written as everywhere', () => {
    const most = Date.parse('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: most }), time => {
        expect(timestampOf(time)).toBe(new Date(time).toISOString());
      }),
      { numRuns: 2_000 }
    );
    expect(timestampOf(951_782_399_999)).toBe('2000-02-28T23:59:59.999Z');
  });

  it('[H10] follow cron with five or six fields and names', () => {
    expect(times('*/20 * * * * *', '2026-11-21T07:00:05Z', 3)).toEqual([
      ...['2026-11-21T07:00:20', '2026-11-21T07:00:40', '2026-11-21T07:01:00']
    ]);
    expect(times('30 9 * * 1-5', '2026-11-21T07:00:00Z', 1)).toEqual(['2026-11-23T09:30:00']);
    expect(times('@daily', '2026-11-21T07:00:00Z', 1)).toEqual(['2026-11-22T00:00:00']);
    expect(times('0 0 29 2 *', '2026-11-21T07:00:00Z', 1)).toEqual(['2028-02-29T00:00:00']);
    expect(times('0 9 * * *', '2026-11-21T07:00:00Z', 1, 'Asia/Kolkata')).toEqual([
      '2026-11-22T03:30:00'
    ]);
  });

  it('[H10] come once a day where the clocks change', () => {
    const berlin = 'Europe/Berlin';
    // 02:30 does not exist on 29 March: 03:30 instead.
    expect(times('30 2 * * *', '2026-03-28T00:00:00Z', 3, berlin)).toEqual([
      ...['2026-03-28T01:30:00', '2026-03-29T01:30:00', '2026-03-30T00:30:00']
    ]);
    // 02:30 exists twice on 25 October: the first.
    expect(times('30 2 * * *', '2026-10-24T12:00:00Z', 2, berlin)).toEqual([
      ...['2026-10-25T00:30:00', '2026-10-26T01:30:00']
    ]);
  });

  it('[H4] never name a time twice, nor one that has passed but the first', () => {
    const schedule = fc.oneof(
      fc.record({ kind: fc.constant('every' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
      fc.constantFrom(
        { kind: 'cron' as const, cron: '*/7 * * * * *' },
        { kind: 'cron' as const, cron: '*/2 * * * *', timeZone: 'Asia/Kolkata' }
      )
    );
    const start = Date.parse('2026-11-21T07:00:00.250Z');
    const waits = fc.array(fc.integer({ min: -200_000, max: 200_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(schedule, waits, (each, steps) => {
        let due = nextDue(each, start, null, start);
        let now = start;
        expect(due).toBeGreaterThan(start);
        for (const step of steps) {
          now += step;
          const next = nextDue(each, start, due, now);
          expect(next).toBeGreaterThan(Math.max(due ?? 0, now));
          // No more than one interval later: nothing that is still to come is left out.
          expect(nextDue(each, start, null, start)).toBeLessThanOrEqual(next ?? 0);
          due = next;
        }
      })
    );
  });

  it('[H11] of what stands: the fold is the same one by one', () => {
    const shapes: ((slug: string) => Fact)[] = [
      slug => ({ type: 'schedule.cancelled', v: 1, data: { slug } }),
      slug => ({ type: 'transformer.removed', v: 1, data: { slug } }),
      slug => ({ type: 'subscription.removed', v: 1, data: { slug } }),
      slug => ({ type: 'subscription.resumed', v: 1, data: { slug } }),
      slug => {
        const data = { slug, offset: 1, attempts: 15, error: '500' };
        return { type: 'subscription.parked', v: 1, data };
      },
      slug => {
        const data = { slug, url: 'https://example.org' };
        return { type: 'subscription.configured', v: 1, data };
      },
      slug => {
        const data = { slug, filter: 'true', transform: '1' };
        return { type: 'transformer.configured', v: 1, data };
      },
      slug => {
        const schedule = { kind: 'after', seconds: 1 } as const;
        const data = { slug, append: { type: 'x' }, schedule };
        return { type: 'schedule.configured', v: 1, data };
      }
    ];
    const facts = fc
      .tuple(fc.constantFrom(...shapes), fc.constantFrom('a', 'b'))
      .map(([shape, slug]) => shape(slug));
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 20 }), list => {
        const events = list.map((fact, index) => ({ ...fact, offset: index + 1 }) as Event);
        const folded = foldReactions(events);
        expect(events.reduce(evolveReactions, NO_REACTIONS)).toEqual(folded);
        for (const [name, { configured, parked }] of folded.subscriptions) {
          const own = events.filter(({ data }) => 'slug' in data && data.slug === name);
          const since = own.slice(own.indexOf(configured));
          const last = since.findLast(({ type }) => /parked|resumed/.test(type));
          expect(since.some(({ type }) => type === 'subscription.removed')).toBe(false);
          expect(parked).toBe(last?.type === 'subscription.parked' ? last : null);
        }
      })
    );
  });
});
