/** Streams of the Durable Streams protocol are streams of the journal, and the other way round. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../agent/loop/door.js';
import type { StreamPath } from '../../schema/index.js';
import { DurableWorld } from './durable-world.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const BYTES = { 'Content-Type': 'application/octet-stream' };
const ANN: Principal = { username: 'ann', may: ['admin'] };

describe('the protocol over the journal', () => {
  const world = new DurableWorld();
  const put = (path: string, headers: Record<string, string>) =>
    world.fetch(path, { method: 'PUT', headers });
  const append = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>
  ) => world.fetch(path, { method: 'POST', headers, body });
  const read = async (path: string) => (await world.fetch(path)).text();

  beforeEach(() => world.start());
  afterEach(() => world.stop());

  it('[D3] what is appended is an event of its author, and comes back digit for digit', async () => {
    await put('/team/log', JSON_TYPE);
    await append('/team/log', '[{"big": 12345678901234567890}, 1.0]', JSON_TYPE);
    const events = world.journal.read('/team/log' as StreamPath);
    expect(events.map(({ type, offset, actor, data }) => [type, offset, actor.id, data])).toEqual([
      ['message.appended', 1, 'tester', { text: '{"big": 12345678901234567890}', more: true }],
      ['message.appended', 2, 'tester', { text: '1.0' }]
    ]);
    expect(await read('/team/log')).toBe('[{"big": 12345678901234567890},1.0]');
  });

  it('[D3] bytes are events, too, whatever they are', async () => {
    await put('/bytes', BYTES);
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    await append('/bytes', all, BYTES);
    await world.door.streams.post('/bytes' as StreamPath, { type: 'noted' }, ANN);
    await append('/bytes', all.reverse(), BYTES);
    const got = new Uint8Array(await (await world.fetch('/bytes')).arrayBuffer());
    expect([...got.slice(0, 3), ...got.slice(-3)]).toEqual([0, 1, 2, 2, 1, 0]);
    expect(got.length).toBe(512);
    expect(world.journal.head('/bytes' as StreamPath)).toBe(3);
  });

  it('[D4] a stream that was posted to is a JSON stream of its events, and wakes its readers', async () => {
    const stream = '/posted/here' as StreamPath;
    await world.door.streams.post(stream, { type: 'first', payload: { n: 1 } }, ANN);
    const page = await world.fetch('/posted/here');
    expect(await page.json()).toMatchObject([{ type: 'first', payload: { n: 1 }, offset: 1 }]);
    const next = page.headers.get('Stream-Next-Offset');
    const waiting = world.fetch(`/posted/here?live=long-poll&offset=${next}`);
    await world.door.streams.post(stream, { type: 'second' }, ANN);
    expect(await (await waiting).json()).toMatchObject([{ type: 'second', offset: 2 }]);
    await append('/posted/here', '{"by": "protocol"}', JSON_TYPE);
    expect(await (await world.fetch('/posted/here')).json()).toMatchObject([
      { type: 'first' },
      { type: 'second' },
      { by: 'protocol' }
    ]);
  });

  it('[D4] a fork branches any stream of the journal at any event', async () => {
    const stream = '/origin' as StreamPath;
    for (const type of ['a', 'b', 'c']) {
      await world.door.streams.post(stream, { type }, ANN);
    }
    const second = (await world.fetch('/origin?offset=-1')).headers.get('Stream-Next-Offset') ?? '';
    const at = second.replace(/3$/, '2');
    const forked = { ...JSON_TYPE, 'Stream-Forked-From': '/v1/stream/origin' };
    expect((await put('/branch', { ...forked, 'Stream-Fork-Offset': at })).status).toBe(201);
    await append('/branch', '{"type": "mine"}', JSON_TYPE);
    const types = async (path: string) =>
      ((await (await world.fetch(path)).json()) as { type: string }[]).map(({ type }) => type);
    expect(await types('/branch')).toEqual(['a', 'b', 'mine']);
    expect(await types('/origin')).toEqual(['a', 'b', 'c']);
  });

  it('[D5] pause and closure hold for both doors, and closure is the last event', async () => {
    const stream = '/ending' as StreamPath;
    await put('/ending', JSON_TYPE);
    await world.door.streams.post(
      stream,
      { type: 'stream.paused', payload: { reason: 'lunch' } },
      ANN
    );
    const paused = await append('/ending', '1', JSON_TYPE);
    expect([paused.status, await paused.text()]).toEqual([409, expect.stringContaining('lunch')]);
    await world.door.streams.post(stream, { type: 'stream.resumed' }, ANN);
    await append('/ending', '2', { ...JSON_TYPE, 'Stream-Closed': 'true' });
    expect(await world.door.streams.post(stream, { type: 'late' }, ANN)).toMatchObject({
      rejection: { code: 'stream-closed' }
    });
    expect(world.journal.read(stream).at(-1)?.type).toBe('stream.closed');
    const whole = await world.fetch('/ending');
    expect(whole.headers.get('Stream-Closed')).toBe('true');
    expect(((await whole.json()) as unknown[]).length).toBe(3);
  });

  it('[D5] everything is there after a restart: bytes, positions, producers, closure', async () => {
    await put('/kept', BYTES);
    const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '0' };
    await append('/kept', 'one', { ...BYTES, ...producer, 'Producer-Seq': '0' });
    const before = (await world.fetch('/kept', { method: 'HEAD' })).headers;
    await world.stop();
    await world.start();
    const again = await append('/kept', 'one', { ...BYTES, ...producer, 'Producer-Seq': '0' });
    expect(again.status).toBe(204);
    const next = await append('/kept', 'two', {
      ...{ ...BYTES, ...producer, 'Producer-Seq': '1', 'Stream-Closed': 'true' }
    });
    expect(next.status).toBe(200);
    expect(next.headers.get('Stream-Next-Offset')).not.toBe(before.get('Stream-Next-Offset'));
    await world.stop();
    await world.start();
    expect(await read('/kept')).toBe('onetwo');
    expect((await append('/kept', 'three', BYTES)).status).toBe(409);
  });

  it('[D3] any path is a stream of its own', async () => {
    const paths = ['/a%20b', '/a+b', '/ünï', '/a//b', '/a/b', '/~~YQ', '/a'];
    for (const [index, path] of paths.entries()) {
      expect((await put(path, { 'Content-Type': 'text/plain' })).status).toBe(201);
      await append(path, String(index), { 'Content-Type': 'text/plain' });
    }
    expect(await Promise.all(paths.map(read))).toEqual(paths.map((_, index) => String(index)));
  });

  it('[D3] the facts of a notebook are not for appends', async () => {
    const put = await world.fetch('/notebooks/x', { method: 'PUT', headers: JSON_TYPE });
    expect(put.status).toBe(403);
  });
});
