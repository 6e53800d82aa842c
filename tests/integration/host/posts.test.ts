/** Posting to any stream of a real host, as a program with curl does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/index.js';
import type { FakeServer } from './host-process.js';
import { hostStage } from './host-stage.js';

let server: FakeServer;

hostStage(started => {
  server = started;
});

interface Posted {
  readonly streamPath: string;
  readonly offset: number;
  readonly createdAt: string;
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly [key: string]: unknown;
}

async function post(path: string, body: unknown, user?: string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await server.fetch(`streams${path}`, { method: 'POST', body: text }, user);
  const answer: unknown = await response.json();
  return {
    status: response.status,
    event: (answer as { event: Posted }).event,
    problem: response.ok ? undefined : Problem.parse(answer)
  };
}

const read = (path: string) => readPage(`${path}?afterOffset=start&limit=5000`);

async function readPage(address: string): Promise<Posted[]> {
  const response = await server.fetch(`streams${address}`);
  return ((await response.json()) as { events: Posted[] }).events;
}

describe('posts', () => {
  it('[S1] needs a type only, makes the stream, and answers the stored event', async () => {
    const { status, event } = await post('/demo/first', { type: 'hello-world' }, 'bob');
    expect(status).toBe(200);
    expect(event).toMatchObject({
      streamPath: '/demo/first',
      offset: 1,
      type: 'hello-world',
      payload: {},
      actor: { kind: 'human', id: 'bob' },
      assurance: 'verified'
    });
    expect(Date.parse(event.createdAt)).toBeGreaterThan(Date.parse('2026-01-01'));
    const full = { type: 'https://example.org/x', payload: { a: [1] }, metadata: { b: null } };
    expect((await post('/demo/first', full)).event).toMatchObject({ offset: 2, ...full });
    expect(await read('/demo/first')).toEqual([event, expect.objectContaining(full)]);
  });

  it('[S1] takes every way to write a path', async () => {
    for (const [index, path] of ['/w/x', '/w%2Fx', '//w/x', '/%2Fw%2Fx'].entries()) {
      const { event } = await post(path, { type: 'here' });
      expect([event.streamPath, event.offset]).toEqual(['/w/x', index + 1]);
    }
    expect((await post('/', { type: 'root' })).event.streamPath).toBe('/');
    expect((await post('/%2F', { type: 'root' })).event.offset).toBe(2);
    expect((await post('/bad//path', { type: 'x' })).problem?.code).toBe('malformed-request');
  });

  it('[S2] stores an event with an idempotency key once, also when both come at once', async () => {
    const body = { type: 'once', idempotencyKey: 'k1', payload: { n: 1 } };
    const [first, second] = await Promise.all([post('/idem', body), post('/idem', body)]);
    const later = await post('/idem', { ...body, expectedOffset: 77, payload: { n: 2 } });
    expect(second?.event).toEqual(first?.event);
    expect(later.event).toEqual(first?.event);
    expect((await post('/other', body)).event.streamPath).toBe('/other');
    expect(await read('/idem')).toHaveLength(1);
  });

  it('[S3] refuses an event that would not get the expected offset', async () => {
    expect((await post('/expect', { type: 'a', expectedOffset: 1 })).event.offset).toBe(1);
    const { status, problem } = await post('/expect', { type: 'b', expectedOffset: 1 });
    expect([status, problem?.code, problem?.at]).toEqual([412, 'offset-mismatch', { next: 2 }]);
    const race = await Promise.all(
      Array.from({ length: 8 }, () => post('/expect', { type: 'c', expectedOffset: 2 }))
    );
    expect(race.filter(({ status: each }) => each === 200)).toHaveLength(1);
  });

  it('[S4] keeps a body that is no event, with what is wrong', async () => {
    const bodies = [{ hogwash: true }, [], 'text', 7, { type: '' }, { type: 'a', extra: 1 }, null];
    for (const rawInput of bodies) {
      const { status, event } = await post('/hook', JSON.stringify(rawInput));
      expect([status, event.type]).toEqual([200, 'invalid-event-appended']);
      expect(event.payload).toEqual({ rawInput, error: expect.any(String) });
    }
    const form = await post('/hook', 'payload=%7B%7D');
    expect(form.event.payload['rawInput']).toBe('payload=%7B%7D');
  });

  it('[S5] pauses and resumes by events, and keeps nothing of what it refuses', async () => {
    await post('/pausing', { type: 'stream.paused', payload: { reason: 'lunch' } });
    const { status, problem } = await post('/pausing', { type: 'hello' });
    expect([status, problem?.code]).toEqual([412, 'stream-paused']);
    expect(problem?.detail).toContain('lunch');
    expect((await post('/pausing', '{')).status).toBe(412);
    const state = await (await server.fetch('streams/__state/pausing')).json();
    expect(state).toMatchObject({ eventCount: 1, paused: { reason: 'lunch' }, childPaths: [] });
    await server.kill();
    await server.start();
    expect((await post('/pausing', { type: 'hello' })).status).toBe(412);
    expect((await post('/pausing', { type: 'stream.resumed' })).status).toBe(200);
    expect((await post('/pausing', { type: 'hello' })).event.offset).toBe(3);
  });

  it('[S6] trips the breaker at a limit that an event set', async () => {
    const limit = { events: 20, seconds: 60 };
    await post('/runaway', { type: 'stream.limit-configured', payload: limit });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post('/runaway', { type: 'again' }))
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(25);
    const events = await read('/runaway');
    expect(events.at(-1)).toMatchObject({ type: 'stream.paused', actor: { kind: 'system' } });
    const wrong = await post('/limits', { type: 'stream.limit-configured', payload: {} });
    expect([wrong.status, wrong.problem?.code]).toEqual([400, 'malformed-request']);
  });

  it('[S7] refuses what only Colophon states, and streams that are not for posts', async () => {
    const forged = await post('/demo/forged', { type: 'execution.finished' });
    expect([forged.status, forged.problem?.code]).toEqual([403, 'reserved-type']);
    expect((await post('/refusals', { type: 'x' })).problem?.code).toBe('forbidden');
    expect((await post('/notebooks/none', { type: 'x' })).problem?.code).toBe('unknown-notebook');
    expect((await post('/__state/x', { type: 'x' })).problem?.code).toBe('not-found');
  });

  it('[S4] never fails at what comes, and stores what it answers', async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc
        .record({
          type: fc.oneof(fc.string(), fc.constant('__proto__')),
          payload: fc.object({ key: fc.oneof(fc.string(), fc.constant('__proto__')) })
        })
        .map(value => JSON.stringify(value))
    );
    await fc.assert(
      fc.asyncProperty(body, async text => {
        const { status, event } = await post('/fuzz', text);
        expect(status).toBe(200);
        const [stored] = await readPage(`/fuzz?afterOffset=${event.offset - 1}&limit=1`);
        expect(stored).toEqual(event);
      }),
      { numRuns: 300 }
    );
    const { offset } = (await post('/fuzz', { type: 'end' })).event;
    expect(offset).toBe((await read('/fuzz')).length);
  });

  it('[S8] streams history that sed and JSON.parse can read, JSON Lines by Accept', async () => {
    for (let n = 1; n <= 450; n += 1) {
      await post('/long', { type: 'tick', payload: { n } });
    }
    // What curl accepts if nothing else is asked for.
    const curl = async (query: string, accept = '*/*') =>
      (await server.fetch(`streams/long${query}`, { headers: { Accept: accept } })).text();
    const offsets = (lines: readonly string[]) =>
      lines.map(line => (JSON.parse(line) as Posted).offset);
    const upTo = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const data = (text: string) =>
      text.split('\n').flatMap(line => (line.startsWith('data: ') ? [line.slice(6)] : []));
    expect(offsets(data(await curl('')))).toEqual(upTo(1, 450));
    expect(offsets(data(await curl('?limit=3')))).toEqual(upTo(448, 450));
    expect(offsets(data(await curl('?afterOffset=10&beforeOffset=14')))).toEqual(upTo(11, 13));
    expect(offsets(data(await curl('?beforeOffset=300&limit=250')))).toEqual(upTo(50, 299));
    expect(offsets(data(await curl('?afterOffset=end')))).toEqual([]);
    const text = await curl('?afterOffset=0&limit=201', 'application/x-ndjson');
    const lines = text.trimEnd().split('\n');
    expect(offsets(lines)).toEqual(upTo(1, 201));
  });
});
