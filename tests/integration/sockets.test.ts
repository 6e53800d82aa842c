/** Websockets of streams, through `colophon serve` as a process. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { PushService } from './push-world.js';

describe('a websocket of colophon serve', () => {
  const service = new PushService();
  beforeAll(() => service.start());
  afterAll(() => service.stop());

  const say = (text: string) => ({ type: 'append', event: { type: 'said', payload: { text } } });
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it('[W12] brings the history, then what happens, each event once and in order', async () => {
    await Promise.all(
      numbers(1, 300).map(n => service.post('long', { type: 'n', payload: { n } }))
    );
    const reader = service.socket('long');
    await reader.opened();
    const late = numbers(301, 600).map(n => service.post('long', { type: 'n', payload: { n } }));
    await Promise.all(late);
    await reader.until('event', 600);
    expect(reader.offsets).toEqual(numbers(1, 600));
    const behind = service.socket('long?afterOffset=590');
    await behind.until('event', 10);
    expect(behind.offsets).toEqual(numbers(591, 600));
    const end = await service.socket('long?afterOffset=end').opened();
    await service.post('long', { type: 'last' });
    await end.until('event', 1);
    expect(end.offsets).toEqual([601]);
    [reader, behind, end].forEach(({ socket }) => socket.close());
  });

  it('[W12] appends in the order in which it was told, and answers each with its ref', async () => {
    await service.post('room', { type: 'stream.made-public', payload: { write: true } });
    const ann = await service.socket('room', 'ann').opened();
    const bob = await service.socket('room', 'bob').opened();
    numbers(1, 200).forEach(n => ann.say({ ...say(`${n}`), ref: n }));
    bob.say({ ...say('from bob'), ref: 'b' });
    const appended = await ann.until('appended', 200);
    expect(appended.map(({ ref }) => ref)).toEqual(numbers(1, 200));
    const [own] = await bob.until('appended', 1);
    expect(own).toMatchObject({
      ref: 'b',
      event: { type: 'said', payload: { text: 'from bob' }, actor: { kind: 'human', id: 'bob' } }
    });
    await Promise.all([ann.until('event', 202), bob.until('event', 202)]);
    expect(bob.of('event')).toEqual(ann.of('event'));
    const texts = ann
      .of('event')
      .flatMap(({ event }) =>
        event.actor.id === 'ann' && 'payload' in event ? [event.payload['text']] : []
      );
    expect(texts).toEqual(numbers(1, 200).map(String));
    ann.socket.close();
    bob.socket.close();
  });

  it('[W12] says what is wrong with what it was told, and goes on', async () => {
    await service.post('strict', { type: 'begun' });
    const ann = await service.socket('strict').opened();
    ann.socket.send('no JSON');
    ann.socket.send(Buffer.from([1, 2, 3]));
    ann.say({ type: 'append' });
    ann.socket.send(
      '{"type":"append","event":{"type":"said","payload":{"n":12345678901234567890}}}'
    );
    ann.say({ type: 'append', event: { type: 'said', expectedOffset: 9 }, ref: 'late' });
    ann.say({ type: 'append', event: { type: 'cell.created' }, ref: 'ours' });
    ann.say({ type: 'ack', consumer: 'worker', offset: 7, ref: 'far' });
    ann.say({ type: 'ack', consumer: 'worker', offset: 1 });
    ann.say({ ...say('good'), ref: 'good' });
    await ann.until('appended', 1);
    expect(ann.of('problem').map(({ problem, ref }) => [problem.code, ref])).toEqual([
      ['malformed-request', undefined],
      ['malformed-request', undefined],
      ['malformed-request', undefined],
      ['malformed-request', undefined],
      ['offset-mismatch', 'late'],
      ['reserved-type', 'ours'],
      ['malformed-request', 'far']
    ]);
    ann.socket.close();
    const again = service.socket('strict?consumer=worker');
    await again.until('event', 1);
    expect(again.offsets).toEqual([2]);
    again.socket.close();
  });

  it('[W13] is for who has a token and may read; another gets a problem, no websocket', async () => {
    await service.post('own', { type: 'begun' });
    const nobody = service.socket('own', 'ann', 'not the token');
    const bob = service.socket('own', 'bob');
    const lost = service.socket('own?afterOffset=7');
    await until('all are refused', () => nobody.refused && bob.refused && lost.refused);
    expect([nobody, bob, lost].map(({ refused }) => refused?.status)).toEqual([401, 403, 400]);
    expect(JSON.parse(bob.refused?.body ?? '')).toMatchObject({ code: 'forbidden' });
    expect((await service.fetch('__socket/own')).status).toBe(400);
  });

  it('[W13] ends when its reader may read no more', async () => {
    await service.post('taken', { type: 'begun' });
    await service.post('taken', {
      type: 'access.granted',
      payload: { username: 'bob', may: 'read' }
    });
    const bob = await service.socket('taken', 'bob').opened();
    bob.say({ ...say('no'), ref: 1 });
    await bob.until('problem', 1);
    expect(bob.of('problem')[0]?.problem.code).toBe('forbidden');
    await service.post('taken', { type: 'access.revoked', payload: { username: 'bob' } });
    await service.post('taken', { type: 'said', payload: { text: 'among us' } });
    await until('it is closed', () => bob.closed !== null);
    expect(bob.closed).toBe(4403);
    expect(JSON.stringify(bob.frames)).not.toContain('among us');
  });

  it('[W14] that is not read costs no memory, and its reader misses nothing', async () => {
    const text = 'x'.repeat(500_000);
    for (const n of numbers(1, 60)) {
      await service.post('wide', { type: 'said', payload: { n, text } });
    }
    const before = await service.memory();
    const slow = Array.from({ length: 40 }, () => service.socket('wide'));
    await Promise.all(slow.map(async reader => (await reader.opened()).socket.pause()));
    const quick = service.socket('wide');
    await quick.until('event', 60);
    // Forty readers that have taken little of 30 MB each: half of that would be theirs, at least.
    expect((await service.memory()) - before).toBeLessThan(600_000_000);
    const [first, ...others] = slow;
    others.forEach(({ socket }) => socket.terminate());
    first?.socket.resume();
    await first?.until('event', 60);
    expect(first?.offsets).toEqual(numbers(1, 60));
    [first, quick].forEach(reader => reader?.socket.close());
  });

  it('[W14] ends at a frame larger than a body may be', async () => {
    const ann = await service.socket('large').opened();
    ann.say({ ...say('x'.repeat(11_000_000)) });
    await until('it is closed', () => ann.closed !== null);
    expect(ann.closed).toBe(1009);
  });

  it('[W12] that is being opened by garbage is refused', async () => {
    const { hostname, port, pathname } = new URL(service.address('__socket/own'));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Connection: 'Upgrade', Upgrade: 'nonsense', ...service.credentials('ann') };
      request({ hostname, port, path: pathname, headers }, response => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });
});
