/**
 * Schedules against a model: whatever is configured, cancelled, paused and killed, and however time
 * passes, each time that is due fires at most once, none is lost, and they come in order.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evolveReactions, NO_REACTIONS } from '../../../agent/core/reactions/reactions.js';
import { millisecondsOf } from '../../../agent/core/timestamp.js';
import { nextDue } from '../../../agent/core/reactions/due.js';
import type { Event, EventOf, Json } from '../../../schema/index.js';
import { ReactionsWorld, STREAM } from './reactions-world.js';

type Step =
  | { readonly kind: 'configure'; readonly slug: string; readonly schedule: Json }
  | { readonly kind: 'cancel'; readonly slug: string }
  | { readonly kind: 'pause' | 'resume' | 'kill' }
  | { readonly kind: 'pass' | 'jump'; readonly ms: number };

const slug = fc.constantFrom('a', 'b', 'c');
const schedule: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ kind: fc.constant('after'), seconds: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ kind: fc.constant('every'), seconds: fc.integer({ min: 1, max: 15 }) }),
  fc.constant({ kind: 'cron', cron: '*/4 * * * * *' }),
  fc.record({
    kind: fc.constant('at'),
    at: fc.constantFrom('2026-11-21T07:00:09Z', '2020-01-01T00:00:00Z')
  })
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('configure' as const), slug, schedule }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), slug }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'kill', 'kill') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.integer({ min: 0, max: 25_000 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      ms: fc.integer({ min: -20_000, max: 90_000 })
    })
  }
);

/** Does it; a step is not always durable before the next one begins. */
async function take(world: ReactionsWorld, one: Step, durable: boolean): Promise<void> {
  switch (one.kind) {
    case 'configure': {
      const payload = { slug: one.slug, append: { type: one.slug }, schedule: one.schedule };
      return during(world.post('schedule.configured', payload), durable);
    }
    case 'cancel':
      return during(world.post('schedule.cancelled', { slug: one.slug }), durable);
    case 'pause':
      return during(world.post('stream.paused'), durable);
    case 'resume':
      return during(world.post('stream.resumed'), durable);
    case 'kill':
      return world.restart();
    case 'jump':
      return world.clock.jump(one.ms);
    case 'pass':
      world.clock.pass(one.ms);
      return durable ? world.settle() : undefined;
  }
}

async function during(posted: Promise<unknown>, durable: boolean): Promise<void> {
  if (durable) {
    await posted;
  }
}

/** Reads the stream as it should have come about; `now` is when it was looked at. */
function check(events: readonly Event[], now: number): void {
  let reactions = NO_REACTIONS;
  let paused = false;
  const last = new Map<string, EventOf<'schedule.fired'>>();
  events.forEach((event, index) => {
    const before = reactions;
    reactions = evolveReactions(reactions, event);
    if (event.type === 'stream.paused' || event.type === 'stream.resumed') {
      paused = event.type === 'stream.paused';
    } else if (event.type === 'schedule.configured') {
      last.delete(event.data.slug);
    } else if (event.type === 'schedule.fired') {
      const configured = before.schedules.get(event.data.slug);
      expect(configured, 'it stands').toBeDefined();
      expect(paused, 'the stream takes events').toBe(false);
      expect(events[index + 1]).toMatchObject({
        ...{ type: 'event.posted', causationId: event.id },
        data: { type: event.data.slug }
      });
      expect(event.data.due).toBe(dueAfter(configured, last.get(event.data.slug)));
      expect(millisecondsOf(event.data.due)).toBeLessThanOrEqual(millisecondsOf(event.at));
      last.set(event.data.slug, event);
    }
  });
  for (const [name, configured] of paused ? [] : reactions.schedules) {
    const due = dueAfter(configured, last.get(name));
    expect(due === null || millisecondsOf(due) > now, `${name} is lost`).toBe(true);
  }
}

/** What is due when this was the last that fired. */
function dueAfter(
  configured: EventOf<'schedule.configured'> | undefined,
  fired: EventOf<'schedule.fired'> | undefined
): string | null {
  if (configured === undefined || fired !== undefined) {
    return fired?.data.next ?? null;
  }
  const at = millisecondsOf(configured.at);
  const first = nextDue(configured.data.schedule, at, null, at);
  return first === null ? null : new Date(first).toISOString();
}

describe('schedules, whatever happens', () => {
  it('[H4] fire each time that is due once, in order, and lose none', async () => {
    const steps = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async list => {
        const world = new ReactionsWorld();
        for (const [one, durable] of list) {
          await take(world, one, durable);
        }
        await world.settle();
        // A timer looks at the clock once a minute, if that was set ahead.
        for (let minute = 0; minute < 2; minute++) {
          world.clock.pass(60_000);
          await world.settle();
        }
        check(world.door.journal.read(STREAM), world.clock.now());
      }),
      { numRuns: 400 }
    );
  }, 60_000);
});
