/** The host's HTTP API over real sockets: what it refuses, and that its tails miss and hoard nothing. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem, type Event } from '../../../schema/index.js';
import { FakeRoom, person } from './fake-room.js';
import { until, type FakeServer } from './host-process.js';
import { hostStage } from './host-stage.js';

let server: FakeServer;
let room: FakeRoom;

hostStage(async started => {
  server = started;
  room = new FakeRoom(server, 'f1');
  room.open('1', '2', '3');
  await server.settled();
});

async function problem(response: Response, status: number, code: string): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = Problem.parse(await response.json());
  expect([response.status, body.status, body.code]).toEqual([status, status, code]);
  expect(body.detail.length).toBeGreaterThan(10);
  return body;
}

/** Reads a tail until it has `count` events, then leaves it. */
async function follow(path: string, count: number, headers: Record<string, string> = {}) {
  const response = await server.fetch(path, { headers });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: Event[] = [];
  let text = '';
  const decoder = new TextDecoderStream();
  const reader = (response.body ?? new ReadableStream()).pipeThrough(decoder).getReader();
  while (events.length < count) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    text += value;
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages.filter(one => !one.startsWith(':'))) {
      const [id, name, data] = message.split('\n');
      const event = JSON.parse(data?.slice('data: '.length) ?? '') as Event;
      expect([id, name]).toEqual([`id: ${event.offset}`, 'event: message']);
      events.push(event);
    }
  }
  await reader.cancel();
  return events;
}

const { version: packageVersion } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
};
const MARKER = '\nevent: message\n';
const offsets = (events: readonly Event[]) => events.map(({ offset }) => offset);

describe('the HTTP API', () => {
  it('[A21] lets nobody in without the secret and a principal', async () => {
    for (const headers of [
      { Authorization: 'Bearer wrong' },
      { Authorization: '' },
      { Authorization: `Basic ${server.secret}` },
      { 'Colophon-Principal': '' },
      { 'Colophon-Principal': 'bm90IGpzb24' },
      { 'Colophon-Principal': Buffer.from('{"username":""}').toString('base64url') }
    ]) {
      await problem(await server.fetch('health', { headers }), 401, 'unauthenticated');
    }
  });

  it('[A22] answers every refusal as a problem that says what is wrong', async () => {
    await problem(await server.fetch('nothing'), 404, 'not-found');
    await problem(await server.fetch('streams', { method: 'POST' }), 405, 'method-not-allowed');
    const wrong = await server.fetch('commands', { method: 'DELETE' });
    expect(wrong.headers.get('allow')).toBe('POST');
    await problem(wrong, 405, 'method-not-allowed');
    const post = (body: string) => server.fetch('commands', { method: 'POST', body });
    for (const body of ['', '{', 'null', '[]', '"text"', '{"id":1}', '\u0000', '[[[[[[']) {
      await problem(await post(body), 400, 'malformed-request');
    }
    await problem(await post('x'.repeat(100_001)), 413, 'body-too-large');
    await problem(await server.fetch('streams/notebooks/none'), 404, 'unknown-stream');
    for (const query of [
      'afterOffset=-1',
      'afterOffset=x',
      'limit=0',
      'limit=5001',
      'limit=1.5',
      'beforeOffset=0',
      'live=maybe',
      'afterOffset=999999'
    ]) {
      await problem(await server.fetch(`streams${room.stream}?${query}`), 400, 'malformed-request');
    }
    for (const path of [
      'streams/%ff',
      'streams/a//b',
      'streams/%2e%2e%20',
      'views/cells?stream=x',
      'views/cells'
    ]) {
      await problem(await server.fetch(path), 400, 'malformed-request');
    }
    for (const view of ['cells', 'runtime', 'document']) {
      await problem(
        await server.fetch(`views/${view}?stream=/notebooks/none`),
        404,
        'unknown-stream'
      );
    }
  });

  it('[A23] reads pages by offset', async () => {
    const page = async (query: string) => {
      const response = await server.fetch(`streams${room.stream}${query}`);
      const { events, head } = (await response.json()) as { events: Event[]; head: number };
      return { offsets: offsets(events), head };
    };
    const { head, offsets: all } = await page('');
    expect(all).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    expect((await page('?afterOffset=2&limit=1')).offsets).toEqual([3]);
    expect((await page('?limit=2')).offsets).toEqual([head - 1, head]);
    expect((await page(`?beforeOffset=${head}&limit=1`)).offsets).toEqual([head - 1]);
    expect(await page('?afterOffset=end')).toEqual({ offsets: [], head });
    expect((await page('?afterOffset=start&limit=1')).offsets).toEqual([1]);
    const { streams } = (await (await server.fetch('streams')).json()) as { streams: unknown[] };
    expect(streams).toContainEqual(expect.objectContaining({ stream: room.stream, head }));
    const health = await (await server.fetch('health')).json();
    expect(health).toMatchObject({
      version: packageVersion,
      journal: { kind: 'sqlite' },
      agents: []
    });
  });

  it('[A24] tails a stream from an offset, across a killed host, without gap or repetition', async () => {
    const type = (text: string) =>
      room.as(person('ada'), notebook => notebook.getCell(0).setSource(text));
    const path = `streams${room.stream}?live=true`;
    const head = (await server.events(room.stream)).length;
    const first = follow(`${path}&afterOffset=start`, head + 1);
    type('1111');
    const seen = await first;
    const last = seen.at(-1)?.offset ?? 0;
    expect(offsets(seen)).toEqual(Array.from({ length: head + 1 }, (_, index) => index + 1));
    type('2222');
    await server.kill();
    type('3333');
    await server.start();
    type('4444');
    await until(async () => {
      const events = await server.events(room.stream);
      return JSON.stringify(events.at(-1)).includes('4444');
    }, 'the last edit');
    const total = (await server.events(room.stream)).length;
    const again = await follow(`${path}&afterOffset=0`, total - last, {
      'Last-Event-ID': `${last}`
    });
    expect(offsets(again)).toEqual(
      Array.from({ length: total - last }, (_, index) => last + 1 + index)
    );
  });

  it('[A25] tails a stream that does not exist yet', async () => {
    const waiting = follow('streams/notebooks/f2?live=true', 1);
    const other = new FakeRoom(server, 'f2');
    other.open('x');
    expect(offsets(await waiting)[0]).toBe(1);
  });

  it('[A26] does not hoard what a slow reader does not take', async () => {
    const other = new FakeRoom(server, 'f3');
    other.open('');
    const text = 'x'.repeat(200_000);
    const principal = Buffer.from(
      JSON.stringify({ username: 'slow', may: ['contents:read', 'server'] })
    ).toString('base64url');
    const sockets = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1').pause());
    for (const socket of sockets) {
      socket.write(
        `GET /api/streams${other.stream}?live=true HTTP/1.1\r\nHost: x\r\n` +
          `Authorization: Bearer ${server.secret}\r\nColophon-Principal: ${principal}\r\n\r\n`
      );
    }
    const count = 150;
    for (let edit = 0; edit < count; edit++) {
      const author = person(edit % 2 ? 'ada' : 'bob');
      other.as(author, notebook =>
        notebook.addCell({ cell_type: 'raw', id: `r${edit}`, source: text })
      );
      if (edit % 10 === 0) {
        await server.settled();
      }
    }
    await server.settled();
    const head = (await server.events(other.stream)).length;
    expect(head).toBeGreaterThan(count);
    // Twenty readers times thirty megabytes would be six hundred.
    expect(server.residentMegabytes()).toBeLessThan(450);
    let received = '';
    let events = 0;
    const [slow] = sockets;
    slow?.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      events += received.split(MARKER).length - 1;
      received = received.slice(1 - MARKER.length);
    });
    slow?.resume();
    await until(() => events >= head, 'the slow reader to catch up');
    expect(events).toBe(head);
    sockets.forEach(socket => socket.destroy());
  });

  it(
    '[A27] survives any request with an answer that is no server error',
    { timeout: 60_000 },
    async () => {
      const segment = fc.oneof(
        fc.constantFrom(
          'api',
          'streams',
          'views',
          'cells',
          'runtime',
          'document',
          'commands',
          'health',
          'notebooks',
          'f1',
          '..',
          '%00',
          '%ff',
          ''
        ),
        fc.string({ maxLength: 8 }).map(encodeURIComponent)
      );
      const query = fc.array(
        fc.tuple(
          fc.constantFrom('afterOffset', 'beforeOffset', 'limit', 'stream', 'offset', 'x'),
          fc.oneof(
            fc.string(),
            fc.integer().map(String),
            fc.constantFrom('/notebooks/f1', 'start', 'end', '1e9', '99999999999999999999')
          )
        ),
        { maxLength: 3 }
      );
      const order = fc.record(
        {
          id: fc.oneof(fc.uuid(), fc.anything()),
          stream: fc.oneof(
            fc.constantFrom('/notebooks/f1', '/notebooks/none', '/'),
            fc.string(),
            fc.anything()
          ),
          type: fc.oneof(
            fc.constantFrom(
              'execution.cancel',
              'kernel.interrupt',
              'kernel.restart',
              'agent.stop',
              '__proto__'
            ),
            fc.string()
          ),
          data: fc.oneof(fc.constant({}), fc.constant({ all: true }), fc.object(), fc.anything())
        },
        { requiredKeys: [] }
      );
      const body = fc.oneof(
        fc.string(),
        fc.json(),
        order.map(
          one =>
            JSON.stringify(one, (_, value: unknown) =>
              typeof value === 'bigint' ? `${value}` : value
            ) ?? ''
        )
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
          fc.array(segment, { maxLength: 5 }),
          query,
          body,
          fc.boolean(),
          async (method, segments, parameters, text, toCommands) => {
            const path = toCommands ? 'commands' : segments.join('/');
            const search = new URLSearchParams(parameters).toString();
            const init = method === 'GET' ? { method } : { method, body: text };
            const hostile = { hostile: true };
            const response = await server.fetch(`${path}?${search}`, init, 'ada', hostile);
            const answer = await response.text();
            expect(`${response.status} ${answer.slice(0, 300)}`).not.toMatch(/^5(?!03)/);
            if (!response.ok) {
              Problem.parse(JSON.parse(answer));
            }
          }
        ),
        { numRuns: 400 }
      );
      expect(server.exitCode).toBeUndefined();
    }
  );
});
