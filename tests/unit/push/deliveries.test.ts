/** Push subscriptions: real requests to a real server, on a clock that is turned by hand. */
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryDelay } from '../../../agent/core/push/delay.js';
import { askedDelay } from '../../../agent/loop/delivery-body.js';
import { until } from '../../e2e/until.js';
import { DeliveryWorld, posted, SECRET } from './delivery-world.js';

interface Shown {
  readonly offset: number;
  readonly type: string;
  readonly payload: { readonly text: string };
}

let world: DeliveryWorld;

beforeEach(async () => {
  world = await new DeliveryWorld().start();
});
afterEach(() => world.stop());

const came = (count: number, path = '/hook') =>
  until(`${count} requests`, () => world.receiver.bodies(path).length >= count, 5000);
const texts = (path?: string) => world.receiver.bodies<Shown>(path).map(each => each.payload.text);
const attempted = (attempts: number) =>
  until(`${attempts} attempts`, () => world.status('/s')[0]?.attempts === attempts, 5000);

describe('what is sent', () => {
  it('[W1] is every event behind the cursor, in order, one request at a time', async () => {
    await world.say('/s', 'before');
    await world.configure('/s');
    const said = Array.from({ length: 120 }, (_, index) => `${index}`);
    await world.say('/s', ...said);
    await came(120);
    expect(texts()).toEqual(said);
    expect(world.receiver.mostOpen).toBe(1);
    await until('all of it is done with', () => world.status('/s')[0]?.lag === 0);
  });

  it('[W1] begins at the start, or behind an offset, if the subscription says so', async () => {
    await world.say('/s', 'a', 'b', 'c');
    await world.configure('/s', { slug: 'all', url: world.receiver.url('/all'), from: 'start' });
    await world.configure('/s', { slug: 'some', url: world.receiver.url('/some'), from: 2 });
    await world.say('/s', 'd');
    await came(6, '/all');
    await came(4, '/some');
    const offsets = (path: string) => world.receiver.bodies<Shown>(path).map(each => each.offset);
    expect(offsets('/all')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(offsets('/some')).toEqual([3, 4, 5, 6]);
  });

  it('[W2] is what passes the filter, as the transform says; null and nothing are not sent', async () => {
    await world.configure('/s', {
      filter: "type = 'said'",
      transform: "payload.text = 'secret' ? null : {'text': $uppercase(payload.text), 'n': offset}"
    });
    await world.append('/s', posted('joined', { text: 'no' }));
    await world.say('/s', 'hello', 'secret', 'bye');
    await came(2);
    expect(world.receiver.bodies()).toEqual([
      { text: 'HELLO', n: 3 },
      { text: 'BYE', n: 5 }
    ]);
  });

  it('[W2] parks at once with the reason when an expression fails', async () => {
    await world.configure('/s', { filter: 'payload.text > 3' });
    await world.say('/s', 'text');
    const parked = await until('it is parked', () =>
      world.journal.read('/s' as never).find(({ type }) => type === 'subscription.parked')
    );
    expect(parked.data).toMatchObject({ slug: 'hook', offset: 2, attempts: 1 });
    expect(parked.data).toHaveProperty('error', expect.stringContaining('expression'));
    expect(world.receiver.received).toEqual([]);
  });

  it('[W7] is signed as Standard Webhooks says, with the id of the event', async () => {
    // The library looks at the machine's clock.
    world.clock.jump(Date.now() - world.clock.now());
    await world.configure('/s');
    const [event] = await world.say('/s', 'signed');
    await came(1);
    const [one] = world.receiver.received;
    const headers = one?.headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(one?.body ?? '', headers)).toMatchObject({ id: event?.id });
    expect(one?.id).toBe(event?.id);
    expect(() => new Webhook(SECRET).verify(`${one?.body} `, headers)).toThrow();
  });

  it('[W10] is a CloudEvent if the subscription says so, and the transform is its data', async () => {
    await world.configure('/s', { format: 'cloudevent', transform: 'payload.text' });
    const [event] = await world.say('/s', 'hello');
    await came(1);
    expect(world.receiver.received[0]?.headers['content-type']).toBe(
      'application/cloudevents+json'
    );
    expect(world.receiver.bodies()).toEqual([
      {
        ...{ specversion: '1.0', id: '/s@2', source: '/s', type: 'said', time: event?.at },
        ...{ datacontenttype: 'application/json', actor: 'ann', actorkind: 'human' },
        ...{ sequence: '0000000000000002', data: 'hello' }
      }
    ]);
  });
});

describe('what is not taken', () => {
  it('[W3] is sent again with the same id after 1 s, 2 s, 4 s …, and nothing before it', async () => {
    world.receiver.reply = () => ({ status: 500 });
    await world.configure('/s');
    await world.say('/s', 'first', 'second');
    await attempted(1);
    for (const [attempts, delay] of [1000, 2000, 4000].entries()) {
      world.clock.pass(delay - 1);
      expect(world.receiver.received.length).toBe(attempts + 1);
      world.clock.pass(1);
      await attempted(attempts + 2);
    }
    expect(texts()).toEqual(['first', 'first', 'first', 'first']);
    expect(new Set(world.receiver.received.map(({ id }) => id)).size).toBe(1);
    world.receiver.reply = () => ({ status: 200 });
    world.clock.pass(8000);
    await came(6);
    expect(texts().slice(4)).toEqual(['first', 'second']);
  });

  it('[W3] waits as long as Retry-After asks for', async () => {
    world.receiver.reply = () => ({ status: 503, headers: { 'Retry-After': '90' } });
    await world.configure('/s');
    await world.say('/s', 'first');
    await attempted(1);
    world.clock.pass(89_999);
    expect(world.receiver.received.length).toBe(1);
    world.clock.pass(1);
    await came(2);
  });

  it('[W3] understands a Retry-After of seconds and of a date, and nothing else', () => {
    const now = Date.UTC(2026, 10, 21, 8, 30, 0);
    expect(askedDelay('120', now)).toBe(120_000);
    expect(askedDelay('Sat, 21 Nov 2026 08:31:00 GMT', now)).toBe(60_000);
    expect(askedDelay('Sat, 21 Nov 2026 08:29:00 GMT', now)).toBe(0);
    expect(['soon', '-1', '1e9', '', null].map(text => askedDelay(text, now))).toEqual([
      0, 0, 0, 0, 0
    ]);
  });

  it('[W3] waits half an hour at most, give or take a fifth, and a day if it is asked to', () => {
    expect(deliveryDelay(1, 0.5)).toBe(1000);
    expect(deliveryDelay(5, 0)).toBe(12_800);
    expect(deliveryDelay(5, 1)).toBe(19_200);
    expect(deliveryDelay(14, 0.5)).toBe(1_800_000);
    expect(deliveryDelay(1, 0.5, 3_600_000)).toBe(3_600_000);
    expect(deliveryDelay(1, 0.5, 1e12)).toBe(86_400_000);
  });

  it('[W4] is tried 15 times; then the subscription is parked, once, and says why', async () => {
    world.receiver.reply = () => ({ status: 500 });
    await world.configure('/s', { from: 'start' });
    for (let attempts = 1; attempts < 15; attempts += 1) {
      await attempted(attempts);
      world.clock.pass(2_200_000);
    }
    await until('it is parked', () => world.status('/s')[0]?.parked === true);
    world.clock.pass(1e8);
    await world.say('/s', 'later');
    expect(world.receiver.received.length).toBe(15);
    const [parked, ...more] = world.journal
      .read('/s' as never)
      .filter(({ type }) => type === 'subscription.parked');
    expect(more).toEqual([]);
    expect(parked).toMatchObject({
      actor: { kind: 'system', id: 'deliverer' },
      data: { slug: 'hook', offset: 1, attempts: 15, error: 'The address answered 500.' }
    });
  });

  it('[W4] goes on where it was once it is resumed, or behind the offset that is named', async () => {
    world.receiver.reply = () => ({ status: 500 });
    await world.configure('/s', { filter: "type = 'said'" });
    await world.say('/s', 'a', 'b', 'c');
    for (let attempts = 1; attempts < 15; attempts += 1) {
      await attempted(attempts);
      world.clock.pass(2_200_000);
    }
    await until('it is parked', () => world.status('/s')[0]?.parked === true);
    world.receiver.reply = () => ({ status: 204 });
    world.receiver.received.length = 0;
    const resume = (afterOffset?: number) =>
      world.append('/s', {
        type: 'subscription.resumed',
        v: 1,
        data: { slug: 'hook', ...(afterOffset !== undefined && { afterOffset }) }
      });
    await resume();
    await came(3);
    expect(texts()).toEqual(['a', 'b', 'c']);
    await resume(2);
    await came(5);
    expect(texts().slice(3)).toEqual(['b', 'c']);
  });

  it('[W5] is sent no more to an address that is gone', async () => {
    world.receiver.reply = () => ({ status: 410 });
    await world.configure('/s');
    await world.say('/s', 'first');
    await until('it is removed', () => world.types('/s').includes('subscription.removed'));
    await world.say('/s', 'second');
    expect(world.status('/s')).toEqual([]);
    expect(world.receiver.received.length).toBe(1);
  });

  it('[W6] is cut off after 15 s, and holds up no other subscription', async () => {
    world.receiver.reply = ({ path }) => (path === '/slow' ? 'silence' : { status: 200 });
    await world.configure('/s', { slug: 'slow', url: world.receiver.url('/slow') });
    await world.configure('/s', { slug: 'quick', filter: "type = 'said'" });
    await world.say('/s', 'a', 'b');
    await came(2);
    await came(1, '/slow');
    world.clock.pass(14_999);
    expect(world.status('/s')[0]).toMatchObject({ slug: 'slow', attempts: 0 });
    world.clock.pass(1);
    await until('it counts as failed', () => world.status('/s')[0]?.attempts === 1);
    expect(texts()).toEqual(['a', 'b']);
  });

  it('[W8] is sent by the next host, and nothing that was taken is', async () => {
    world.receiver.reply = one => ({ status: one.body.includes('"stop"') ? 500 : 200 });
    await world.configure('/s');
    await world.say('/s', 'a', 'stop', 'b');
    await attempted(1);
    world.restart();
    expect(world.status('/s')[0]).toMatchObject({ after: 2, attempts: 1, lag: 2 });
    world.receiver.reply = () => ({ status: 200 });
    world.clock.pass(1000);
    await came(4);
    expect(texts()).toEqual(['a', 'stop', 'stop', 'b']);
  });
});

describe('many subscriptions', () => {
  it('[W15] of many streams each get their own events, and the others none', async () => {
    const streams = Array.from({ length: 1000 }, (_, index) => `/many/${index}`);
    for (const stream of streams) {
      await world.configure(stream, { url: world.receiver.url(stream) });
    }
    await Promise.all(streams.slice(0, 50).map(stream => world.say(stream, stream)));
    await until('50 requests', () => world.receiver.received.length >= 50, 5000);
    expect(world.receiver.received.every(one => one.body.includes(`"${one.path}"`))).toBe(true);
    expect(world.receiver.received.length).toBe(50);
  });
});
