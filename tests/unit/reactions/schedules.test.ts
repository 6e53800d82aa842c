/** Schedules: when they fire, and that each time that is due fires once. */
import { describe, expect, it } from 'vitest';
import type { Json, StreamPath } from '../../../schema/index.js';
import { ADA, ReactionsWorld, START, STREAM } from './reactions-world.js';

const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function configure(world: ReactionsWorld, schedule: Json, slug = 'beat', type = 'tick') {
  return world.post('schedule.configured', { slug, append: { type, payload: { slug } }, schedule });
}

describe('schedules', () => {
  it('[H1] append an event once at a time, after a delay, at each interval', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'at', at: at(3) }, 'at', 'at');
    await configure(world, { kind: 'after', seconds: 2.5 }, 'after', 'after');
    await configure(world, { kind: 'every', seconds: 4 }, 'every', 'every');
    await world.pass(10);
    expect(world.times('at')).toEqual([3]);
    expect(world.times('after')).toEqual([2.5]);
    expect(world.times('every')).toEqual([4, 8]);
  });

  it('[H1] fire at once if the time is past, and after no delay', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'at', at: at(-3600) }, 'at', 'at');
    await configure(world, { kind: 'after', seconds: 0 }, 'after', 'after');
    await world.pass(1);
    expect([world.times('at'), world.times('after')]).toEqual([[0], [0]]);
  });

  it('[H2] say that they fired, when is next, and for whom', async () => {
    const world = new ReactionsWorld();
    const configured = await configure(world, { kind: 'every', seconds: 5 });
    await world.pass(5);
    const [, fired, tick] = world.events();
    expect(fired).toMatchObject({
      type: 'schedule.fired',
      causationId: 'id' in configured && configured.id,
      data: { slug: 'beat', due: at(5), next: at(10) },
      actor: { kind: 'system', id: 'schedule', onBehalfOf: { kind: 'human', id: 'ada' } }
    });
    expect(tick).toMatchObject({
      ...{ type: 'tick', payload: { slug: 'beat' }, causationId: fired?.id },
      actor: { kind: 'system', id: 'schedule', onBehalfOf: { kind: 'human', id: 'ada' } }
    });
  });

  it('[H3] stop when they are cancelled, also in the turn in which they are due', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 5 });
    world.clock.pass(4_999);
    const cancelled = world.post('schedule.cancelled', { slug: 'beat' });
    // It is appended then, and not yet durable.
    await new Promise<void>(resolve => process.nextTick(resolve));
    world.clock.pass(60_000);
    await cancelled;
    await world.pass(60);
    expect(world.times('tick')).toEqual([]);
    expect(world.door.journal.cursors(STREAM)).toEqual({});
  });

  it('[H3] are replaced by what has the same slug, which begins anew', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 5 });
    await world.pass(7);
    await configure(world, { kind: 'every', seconds: 10 });
    await world.pass(25);
    expect(world.times('tick')).toEqual([5, 17, 27]);
    await configure(world, { kind: 'after', seconds: 1 }, 'once', 'once');
    await world.pass(5);
    await configure(world, { kind: 'after', seconds: 1 }, 'once', 'once');
    world.restart();
    await world.pass(5);
    expect(world.times('once')).toEqual([33, 38]);
  });

  it('[H4] go on after a restart; what was missed counts as one', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 5 });
    await configure(world, { kind: 'at', at: at(12) }, 'at', 'at');
    await world.pass(6);
    world.clock.jump(17_000);
    world.restart();
    await world.pass(4);
    expect(world.times('tick')).toEqual([5, 23, 25]);
    expect(world.times('at')).toEqual([23]);
    world.restart();
    await world.pass(1);
    expect(world.times('at')).toEqual([23]);
  });

  it('[H4] fire again what was not durable when the process was killed, and only that', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 5 });
    world.clock.pass(5_000);
    world.restart();
    await world.settle();
    expect(world.times('tick')).toEqual([]);
    world.clock.pass(1);
    await world.settle();
    world.restart();
    await world.pass(4);
    expect(world.times('tick')).toEqual([5]);
    expect(world.events().filter(({ type }) => type === 'schedule.fired')).toHaveLength(1);
  });

  it('[H5] wait while the stream is paused, record nothing, and fire once when it goes on', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 5 });
    await world.post('stream.paused');
    await world.pass(22);
    expect(world.events().map(({ type }) => type)).toEqual([
      'schedule.configured',
      'stream.paused'
    ]);
    world.restart();
    await world.pass(1);
    await world.post('stream.resumed');
    await world.pass(8);
    expect(world.times('tick')).toEqual([23, 25, 30]);
  });

  it('[H5] may pause and resume their stream', async () => {
    const world = new ReactionsWorld();
    for (const [type, seconds] of [
      ['stream.paused', 2],
      ['stream.resumed', 9]
    ] as const) {
      const append = { type, payload: { reason: 'by night' } };
      const schedule = { kind: 'after', seconds };
      expect(
        await world.post('schedule.configured', { slug: type, append, schedule })
      ).toHaveProperty('id');
    }
    await configure(world, { kind: 'every', seconds: 4 });
    await world.pass(12);
    expect([world.times('stream.paused'), world.times('stream.resumed')]).toEqual([[2], [9]]);
    expect(world.times('tick')).toEqual([9, 12]);
  });

  it('[H6] count for the circuit breaker', async () => {
    const world = new ReactionsWorld();
    await world.post('stream.limit-configured', { events: 3, seconds: 60 });
    await configure(world, { kind: 'every', seconds: 1 });
    await world.pass(30);
    expect(world.times('tick')).toEqual([1, 2, 3]);
    expect(world.events().at(-1)).toMatchObject({
      type: 'stream.paused',
      actor: { id: 'circuit-breaker' }
    });
  });

  it('[H7] never fire a time again when the clock is set back, and fire after it jumps ahead', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 10 });
    await world.pass(10);
    world.clock.jump(-8_000);
    await world.pass(12);
    expect(world.times('tick')).toEqual([10]);
    await world.pass(6);
    expect(world.times('tick')).toEqual([10, 20]);
    await configure(world, { kind: 'after', seconds: 1_800 }, 'far', 'far');
    // A computer that slept: its timers did not run, but the time has passed.
    world.clock.jump(3_600_000);
    await world.pass(60);
    const [, , woke, next] = world.times('tick');
    expect(woke).toBeGreaterThanOrEqual(3_620);
    expect(woke).toBeLessThanOrEqual(3_680);
    expect((next ?? 0) % 10).toBe(0);
    expect(world.times('far')).toHaveLength(1);
  });

  it('[H8] of ten thousand in a hundred streams fire each at its time', async () => {
    const world = new ReactionsWorld();
    const streams = Array.from({ length: 100 }, (_, index) => `/s/${index}` as StreamPath);
    for (const stream of streams) {
      const posts = Array.from({ length: 100 }, (_, second) => {
        const schedule = { kind: 'after', seconds: 100 - second };
        const append = { type: 'tick' };
        return world.post('schedule.configured', { slug: `s${second}`, append, schedule }, stream);
      });
      await Promise.all(posts);
    }
    await world.pass(50);
    world.restart();
    await world.pass(50);
    const everySecond = Array.from({ length: 100 }, (_, second) => second + 1);
    for (const stream of streams) {
      expect(world.times('tick', stream)).toEqual(everySecond);
    }
  }, 60_000);

  it('[H12] end with their stream', async () => {
    const world = new ReactionsWorld();
    await configure(world, { kind: 'every', seconds: 1 });
    await world.pass(2);
    const principal = { ...ADA, may: [...ADA.may] };
    const answer = await world.door.streams.remove(STREAM, { children: false }, principal);
    expect(answer).toEqual({ removed: [STREAM] });
    await world.pass(5);
    world.restart();
    await world.pass(5);
    expect(world.events()).toEqual([]);
    await world.post('x');
    await world.pass(5);
    expect(world.events()).toHaveLength(1);
  });

  it('[H9] that cannot fire are refused when they are posted, with what is wrong', async () => {
    const world = new ReactionsWorld();
    const refusals: [Json, RegExp][] = [
      [{ kind: 'cron', cron: '61 * * * *' }, /minute: 61/],
      [{ kind: 'cron', cron: 'often' }, /five or six fields.*@daily/],
      [{ kind: 'cron', cron: '* * * * * * *' }, /five or six fields/],
      [{ kind: 'cron', cron: '@reboot' }, /@reboot/],
      [{ kind: 'cron', cron: '0 0 30 2 *' }, /never fires/],
      [{ kind: 'cron', cron: '0 0 31 2,4,6,9,11 *' }, /never fires/],
      [{ kind: 'cron', cron: '2027-01-01T00:00:00Z' }, /five or six fields/],
      [{ kind: 'cron', cron: '@daily', timeZone: 'Mars/Base' }, /no IANA time zone/],
      [{ kind: 'at', at: 'tomorrow' }, /payload.schedule.at: write a time in UTC/],
      [{ kind: 'every', seconds: 0 }, /seconds/]
    ];
    for (const [schedule, detail] of refusals) {
      const answer = await configure(world, schedule);
      expect(answer).toMatchObject({
        code: 'malformed-request',
        detail: expect.stringMatching(detail)
      });
    }
    const ours = await configure(world, { kind: 'after', seconds: 1 }, 'x', 'access.granted');
    expect(ours).toMatchObject({ detail: expect.stringMatching(/cannot append access.granted/) });
    expect(world.events()).toEqual([]);
  });
});
