/** Webhooks and readers with a place of their own, through `colophon serve` as a process. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../schema/index.js';
import { until } from '../e2e/until.js';
import { Receiver } from '../unit/push/receiver.js';
import { PushService } from './push-world.js';

const configured = (slug: string, url: string, more: object = {}) => ({
  type: 'subscription.configured',
  payload: { slug, url, ...more }
});

describe('webhooks of colophon serve', () => {
  const service = new PushService('--allow-private-webhooks');
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.start();
    await service.start();
  });
  afterAll(async () => {
    receiver.stop();
    await service.stop();
  });
  beforeEach(() => {
    receiver.received.length = 0;
    receiver.reply = () => ({ status: 200 });
  });

  it('[W8] a service that is killed again and again loses no event, sends none out of order, and each with one id', async () => {
    const stream = 'killed';
    await service.post(stream, configured('hook', receiver.url(), { filter: "type = 'said'" }));
    const said = 60;
    const numberOf = (body: string) =>
      (JSON.parse(body) as { payload: { number: number } }).payload.number;
    // Every twentieth is not answered the first time, so that the kill comes in the middle of it.
    const unanswered = new Set([20, 40]);
    receiver.reply = ({ body }) =>
      unanswered.delete(numberOf(body)) ? 'silence' : { status: 200 };
    for (let number = 1; number <= said; number += 1) {
      await service.post(stream, { type: 'said', payload: { number } });
      if (number === 30 || number === 50) {
        await until(
          'it has stopped in the middle',
          () => unanswered.size === (number === 30 ? 1 : 0)
        );
        await service.kill('SIGKILL');
        await service.start();
      }
    }
    await until('the last has come', () =>
      receiver.received.some(({ body }) => numberOf(body) === said)
    );
    const numbers = receiver.received.map(({ body }) => numberOf(body));
    const firsts = numbers.filter((number, index) => numbers.indexOf(number) === index);
    expect(numbers.filter(number => number === 20)).toEqual([20, 20]);
    expect(firsts).toEqual(Array.from({ length: said }, (_, index) => index + 1));
    // What is sent again follows at once: nothing later was sent before it was taken.
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const ids = new Set(receiver.received.map(({ id, body }) => `${numberOf(body)} ${id}`));
    expect(ids.size).toBe(said);
  });

  it('[W7] the secret is of the subscription, verifies what is sent, is in no event, and outlives the service', async () => {
    await service.post('signed', configured('hook', receiver.url()));
    await service.post('signed', configured('other', receiver.url('/other')));
    type Secret = { secret: string };
    const secretOf = async (slug: string) =>
      (await service.json<Secret>(`__secret/signed?slug=${slug}`)).body.secret;
    const secret = await secretOf('hook');
    expect(secret).toMatch(/^whsec_/);
    expect(await secretOf('other')).not.toBe(secret);
    await service.post('signed', { type: 'said' });
    const one = await until('it has come', () =>
      receiver.received.find(({ path, body }) => path === '/hook' && body.includes('"said"'))
    );
    const headers = one.headers as Record<string, string>;
    expect(new Webhook(secret).verify(one.body, headers)).toMatchObject({ type: 'said' });
    expect(() => new Webhook(secretOfAnother).verify(one.body, headers)).toThrow();
    expect(await (await service.fetch('signed')).text()).not.toContain(secret.slice(6));
    await service.kill('SIGTERM');
    await service.start();
    expect(await secretOf('hook')).toBe(secret);
    expect(await service.json('__secret/signed?slug=hook', {}, 'bob')).toMatchObject({
      status: 403,
      body: { code: 'forbidden' }
    });
  });

  it('[W2] what is sent is what filter and transform say', async () => {
    const filter = "type = 'said' and payload.to = 'bot'";
    const transform = '{"content": payload.text}';
    await service.post('chat', configured('bot', receiver.url('/bot'), { filter, transform }));
    await service.post('chat', { type: 'said', payload: { to: 'ann', text: 'no' } });
    await service.post('chat', { type: 'said', payload: { to: 'bot', text: 'yes' } });
    await until('it has come', () => receiver.bodies('/bot').length > 0);
    expect(receiver.bodies('/bot')).toEqual([{ content: 'yes' }]);
  });

  it('[W10] a CloudEvent that is posted is kept as an event, once, and goes out as one', async () => {
    await service.post('clouds', configured('out', receiver.url('/ce'), { format: 'cloudevent' }));
    const cloudEvent = {
      ...{ specversion: '1.0', id: 'A-1', source: '/sensors/7', type: 'com.example.measured' },
      ...{ subject: 'room', traceparent: '00-1', data: { celsius: 21 } }
    };
    const type = 'application/cloudevents+json; charset=utf-8';
    const first = await service.post('clouds', cloudEvent, 'ann', type);
    const second = await service.post('clouds', cloudEvent, 'ann', type);
    expect(first.body.event).toMatchObject({
      type: 'com.example.measured',
      payload: { celsius: 21 },
      metadata: { source: '/sensors/7', subject: 'room', traceparent: '00-1' },
      idempotencyKey: '/sensors/7 A-1'
    });
    expect(second.body.event).toEqual(first.body.event);
    await until('it has come', () => receiver.bodies('/ce').length > 0);
    expect(receiver.bodies('/ce')).toEqual([
      expect.objectContaining({
        ...{ specversion: '1.0', id: '/clouds@2', source: '/clouds', type: 'com.example.measured' },
        ...{ actor: 'ann', sequence: '0000000000000002', data: { celsius: 21 } }
      })
    ]);
    const broken = await service.post('clouds', { specversion: '1.0', id: 'A-2' }, 'ann', type);
    expect(broken.body.event).toMatchObject({ type: 'invalid-event-appended' });
  });

  it('[W11] a reader goes on where it acknowledged, also after a restart, and forward only', async () => {
    for (const text of ['a', 'b', 'c', 'd']) {
      await service.post('queue', { type: 'said', payload: { text } });
    }
    const read = async (query: string) =>
      (await service.json<{ events: PublishedEvent[] }>(`queue?${query}`)).body.events.map(
        ({ offset }) => offset
      );
    const acknowledge = (body: object) =>
      service.json<object>('__cursor/queue', { method: 'POST', body: JSON.stringify(body) });
    expect(await read('consumer=worker&limit=2')).toEqual([1, 2]);
    expect(await acknowledge({ consumer: 'worker', offset: 2 })).toMatchObject({
      status: 200,
      body: { consumer: 'worker', offset: 2, lag: 2 }
    });
    await service.kill('SIGKILL');
    await service.start();
    expect(await read('consumer=worker')).toEqual([3, 4]);
    expect(await read('consumer=another')).toEqual([1, 2, 3, 4]);
    expect((await acknowledge({ consumer: 'worker', offset: 1 })).body).toMatchObject({
      offset: 2
    });
    expect((await acknowledge({ consumer: 'worker', offset: 5 })).status).toBe(400);
    expect((await acknowledge({ consumer: 'no name', offset: 1 })).status).toBe(400);
    const forced = await acknowledge({ consumer: 'worker', offset: 1, force: true });
    expect(forced.body).toMatchObject({ offset: 1, lag: 3 });
    const listed = await service.json<object>('__cursor/queue');
    expect(listed.body).toMatchObject({
      head: 4,
      consumers: [{ consumer: 'worker', offset: 1, lag: 3 }],
      subscriptions: []
    });
    await acknowledge({ consumer: 'passing', offset: 3 });
    expect((await acknowledge({ consumer: 'passing', offset: 0, force: true })).status).toBe(200);
    const names = (await service.json<{ consumers: { consumer: string }[] }>('__cursor/queue'))
      .body;
    expect(names.consumers.map(({ consumer }) => consumer)).toEqual(['worker']);
    const live = await service.fetch('queue?live=true&consumer=worker');
    const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('"d"')) {
      text += (await reader?.read())?.value ?? '';
    }
    await reader?.cancel();
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(match => Number(match[1]))).toEqual([2, 3, 4]);
  });
});

const secretOfAnother = `whsec_${Buffer.from('the key of somebody else entirely').toString('base64')}`;

describe('the guard of colophon serve', () => {
  const service = new PushService();
  beforeAll(() => service.start());
  afterAll(() => service.stop());

  it('[W9] takes no subscription that plainly leads to this network', async () => {
    const answer = await service.post('guarded', configured('in', 'http://169.254.169.254/meta'));
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed-request' } });
    expect(answer.body.detail).toContain('169.254.169.254');
    expect((await service.json('guarded')).status).toBe(404);
    const named = await service.post('guarded', configured('out', 'https://example.org/hook'));
    expect(named.status).toBe(200);
  });
});
