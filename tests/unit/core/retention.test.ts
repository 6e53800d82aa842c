/** What a rule of retention lets go. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retentionOf, trimmedBefore } from '../../../agent/core/stream/retention.js';
import type { Draft } from '../../../schema/index.js';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00.000Z');
const ANN = { at: '', actor: { kind: 'human', id: 'ann' }, assurance: 'verified' } as const;

function rule(data: { days?: number; events?: number }): Draft {
  return { ...ANN, type: 'stream.retention-configured', v: 1, data };
}

describe('retention', () => {
  it('[K3] keeps everything without a rule, and holds the last one', () => {
    expect(retentionOf([])).toBeNull();
    expect(retentionOf([rule({ days: 3 }), rule({})])).toBeNull();
    expect(retentionOf([rule({ days: 3 }), rule({ events: 5 })])).toEqual({
      days: null,
      events: 5
    });
  });

  it('[K3] lets go exactly what is older or beyond the newest, as a look at every event says', () => {
    const event = fc.record({ gap: fc.nat(3), posted: fc.boolean() });
    const limit = fc.option(fc.integer({ min: 1, max: 12 }));
    const given = fc.record({
      events: fc.array(event, { minLength: 1, maxLength: 30 }),
      // Trimmed before: the first that are left stand behind a gap.
      first: fc.integer({ min: 1, max: 4 }),
      days: limit,
      newest: limit
    });
    fc.assert(
      fc.property(given, ({ events, first, days, newest }) => {
        let age = events.reduce((sum, { gap }) => sum + gap, 0);
        const all = events.map(({ gap, posted }, index) => {
          age -= gap;
          return { offset: first + index, posted, at: new Date(NOW - age * DAY_MS).toISOString() };
        });
        const head = all.at(-1)?.offset ?? 0;
        const before = trimmedBefore(
          { days, events: newest },
          {
            head,
            next: after => all.find(({ offset }) => offset > after),
            count: upTo => all.filter(({ offset, posted }) => posted && offset < upTo).length
          },
          NOW
        );
        const posted = all.filter(one => one.posted);
        const cutoff = days === null ? '' : new Date(NOW - days * DAY_MS).toISOString();
        const mayGo = posted.filter(
          ({ at, offset }, index) =>
            offset < head && (at < cutoff || (newest !== null && index < posted.length - newest))
        );
        expect(posted.filter(({ offset }) => offset < before)).toEqual(mayGo);
      })
    );
  });
});
