/** Schedules and transformers of a real service, which is killed around the times that are due. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../schema/index.js';
import { until } from '../e2e/until.js';
import { buildService, Served } from './served.js';

let built: Awaited<ReturnType<typeof buildService>>;
let service: Served;

beforeAll(async () => {
  built = await buildService();
  service = new Served(built.folder);
  await service.start();
});

afterAll(async () => {
  await service.kill();
  built.remove();
});

const schedule = (path: string, slug: string, when: object, type = 'tick', project?: string) =>
  service.post(path, 'schedule.configured', { slug, append: { type }, schedule: when }, project);

const countOf = (path: string, type: string, count: number, project?: string) =>
  until(`${count} times ${type} in ${path}`, async () => {
    const events = await service.of(path, type, project);
    return events.length >= count && events;
  });

/** Settles in the millisecond that is asked for: a timer would come later. */
async function reach(time: number): Promise<void> {
  while (Date.now() < time) {
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** What `schedule.fired` says was due. */
const dueOf = (event: PublishedEvent) =>
  'data' in event && event.type === 'schedule.fired' ? event.data.due : '';

/** Each `schedule.fired` has its event right behind it, and each time that was due came once. */
function expectOnce(events: readonly PublishedEvent[], type: string): void {
  const dues: string[] = [];
  for (const [index, event] of events.entries()) {
    if (event.type === 'schedule.fired') {
      expect(events[index + 1]).toMatchObject({ type, causationId: event.id });
      dues.push(dueOf(event));
    } else if (event.type === type) {
      expect(events[index - 1]?.type).toBe('schedule.fired');
    }
  }
  expect(dues).toEqual([...new Set(dues)].sort());
}

describe('schedules of a service', () => {
  it('[H1] fire each second, after a delay and at a time, until they are cancelled', async () => {
    await schedule('/clock', 'cron', { kind: 'cron', cron: '* * * * * *' });
    await schedule('/once', 'after', { kind: 'after', seconds: 1 }, 'after');
    const at = new Date(Date.now() + 1_000).toISOString();
    await schedule('/once', 'at', { kind: 'at', at }, 'at');
    await countOf('/clock', 'tick', 5);
    await service.post('/clock', 'schedule.cancelled', { slug: 'cron' });
    const events = await service.events('/clock');
    expectOnce(events, 'tick');
    const dues = events.filter(({ type }) => type === 'schedule.fired').map(dueOf);
    const seconds = dues.map(due => Date.parse(due) / 1000);
    expect(seconds).toEqual(seconds.map((_, index) => (seconds[0] ?? 0) + index));
    for (const event of events.filter(({ type }) => type === 'tick')) {
      const due = dues[events.indexOf(event) / 2 - 1] ?? '';
      expect(Date.parse(event.createdAt) - Date.parse(due)).toBeLessThan(900);
    }
    const cancelledAt = events.length;
    await schedule('/clock', 'later', { kind: 'after', seconds: 2 }, 'later');
    await countOf('/clock', 'later', 1);
    const since = (await service.events('/clock')).slice(cancelledAt);
    expect(since.map(({ type }) => type)).toEqual([
      ...['schedule.configured', 'schedule.fired', 'later']
    ]);
    await countOf('/once', 'at', 1);
    const once = (await countOf('/once', 'after', 1))[0];
    expect(Date.parse(once?.createdAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse((await service.events('/once'))[0]?.createdAt ?? '') + 1_000
    );
  });

  it('[H4] fire once for each time that is due, whenever the process is killed', async () => {
    await schedule('/killed', 'each', { kind: 'every', seconds: 1 }, 'each');
    for (let round = 0; round < 25; round++) {
      const slug = `once-${round}`;
      const at = Date.now() + 150;
      await schedule('/killed/once', slug, { kind: 'at', at: new Date(at).toISOString() }, slug);
      // Sooner and later than the time that is due, from before it to well after it.
      await reach(at - 12 + round);
      await service.kill();
      await service.start();
    }
    await countOf('/killed/once', 'once-24', 1);
    const fired = await service.of('/killed/once', 'schedule.fired');
    expect(fired).toHaveLength(25);
    for (let round = 0; round < 25; round++) {
      expect(await service.of('/killed/once', `once-${round}`)).toHaveLength(1);
    }
    const before = (await service.of('/killed', 'each')).length;
    expect(before).toBeGreaterThan(3);
    await countOf('/killed', 'each', before + 2);
    expectOnce(await service.events('/killed'), 'each');
  });

  it('[H4] of every project go on before anybody asks', async () => {
    await schedule('/mine', 'at', { kind: 'after', seconds: 1 }, 'woken', 'other-project');
    await service.kill();
    await service.start();
    await schedule('/clock2', 'wait', { kind: 'after', seconds: 1.5 }, 'waited');
    await countOf('/clock2', 'waited', 1);
    const restarted = (await service.events('/clock2'))[0]?.createdAt ?? '';
    const woken = await service.of('/mine', 'woken', 'other-project');
    expect(woken).toHaveLength(1);
    expect(Date.parse(woken[0]?.createdAt ?? '')).toBeLessThan(Date.parse(restarted) + 1_500);
  });

  it('[H11] are shown with the state of their stream, and transformers too', async () => {
    await schedule('/shown', 'daily', { kind: 'cron', cron: '@daily', timeZone: 'Asia/Tokyo' });
    await schedule('/shown', 'past', { kind: 'after', seconds: 0 });
    await service.post('/shown', 'transformer.configured', {
      ...{ slug: 't', filter: "type = 'a'", transform: '{"type": "b"}' }
    });
    await countOf('/shown', 'tick', 1);
    const state = (await service.fetch('streams/__state/shown')) as Record<string, object[]>;
    expect(state['schedules']).toMatchObject([
      {
        slug: 'daily',
        next: expect.stringMatching(/T15:00:00.000Z$/),
        configuredBy: { id: 'ada' }
      },
      { slug: 'past', next: null }
    ]);
    expect(state['transformers']).toMatchObject([{ slug: 't', filter: "type = 'a'" }]);
    expect(state['subscriptions']).toEqual([]);
  });
});

describe('transformers of a service', () => {
  it('[L3] append once for each event, whenever the process is killed', async () => {
    const transform = '{"type": "squared", "payload": {"n": payload.n * payload.n}}';
    const squarer = { slug: 'squarer', filter: "type = 'number'", transform };
    await service.post('/numbers', 'transformer.configured', squarer);
    let n = 0;
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 20 }, () => service.post('/numbers', 'number', { n: n++ }))
      );
      await countOf('/numbers', 'squared', round * 20 + 1);
      await service.kill();
      await service.start();
    }
    const squared = await countOf('/numbers', 'squared', n);
    const numbers = await service.of('/numbers', 'number');
    const payload = (event: PublishedEvent) => ('payload' in event ? event.payload['n'] : null);
    expect(squared.map(payload)).toEqual(numbers.map(event => Number(payload(event)) ** 2));
  });

  it('[L7] that never end do not hold up the service', async () => {
    const endless = '($f := function($n) { $f($n + 1) }; $f(0))';
    const hanging = { slug: 'hang', filter: "type = 'go'", transform: endless };
    await service.post('/hang', 'transformer.configured', hanging);
    await service.post('/hang', 'go');
    const began = performance.now();
    await service.post('/calm', 'x');
    expect(performance.now() - began).toBeLessThan(500);
    const [failed] = await countOf('/hang', 'transformer.failed', 1);
    expect(failed).toMatchObject({
      data: { slug: 'hang', offset: 2, error: expect.stringMatching(/longer than 1000 ms/) }
    });
  });

  it('[L5] that feed one another end after five', async () => {
    const ping = { slug: 'ping', filter: "type = 'pong'", transform: '{"type": "ping"}' };
    const pong = { slug: 'pong', filter: "type = 'ping'", transform: '{"type": "pong"}' };
    await service.post('/table', 'transformer.configured', ping);
    await service.post('/table', 'transformer.configured', pong);
    await service.post('/table', 'ping');
    await countOf('/table', 'transformer.failed', 1);
    const types = (await service.events('/table')).map(({ type }) => type);
    expect(types.slice(2)).toEqual([
      ...['ping', 'pong', 'ping', 'pong', 'ping', 'pong', 'transformer.failed']
    ]);
  });
});
