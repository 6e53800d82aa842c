/** The check that every test of the API goes through: it lets the truth pass, and fails at each lie. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventTypes } from '../../../agent/api/event-types/catalog.js';
import { checkedFetch, type CheckOptions } from '../../openapi-check.js';

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

const EVENT = eventTypes()[0]?.example ?? {};
let answer: Answer;
const server = createServer((_request, response) => {
  const { status = 200, type = 'application/json', body } = answer;
  response.writeHead(status, { 'Content-Type': type });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
});
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

/** Asks for a path, is answered so, and reads the answer. */
async function ask(path: string, given: Answer, init: RequestInit = {}, options?: CheckOptions) {
  answer = given;
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
  const response = await checkedFetch(root, root + path, init, options);
  return response.text();
}

const problem = (status: number, code: string) => ({
  status,
  type: 'application/problem+json',
  body: { type: 'about:blank', title: 'x', status, code, detail: 'Do something.' }
});
const stream = { stream: '/a', head: 1, createdAt: '2026-11-21T08:00:00.000Z' };
const list = { streams: [{ ...stream, owner: 'ada', access: 'private' }] };
const sse = (event: object) => ({
  type: 'text/event-stream',
  body: `: welcome\n\nid: 1\nevent: message\ndata: ${JSON.stringify(event)}\n\n`
});
const post = { method: 'POST', body: '{"type":"x"}' };

describe('the check against the description', () => {
  it('[O4] lets pass what is as described, unchanged', async () => {
    expect(JSON.parse(await ask('api/streams', { body: list }))).toEqual(list);
    expect(await ask('api/streams/a/b?live=true', sse(EVENT))).toBe(sse(EVENT).body);
    await ask('api/streams/a', { body: { event: EVENT } }, post);
    await ask('api/streams/a', problem(404, 'unknown-stream'));
    await ask('api/nothing', problem(404, 'not-found'));
    await ask('api/commands', problem(400, 'malformed-request'), { method: 'POST', body: '{' });
    expect(await ask('elsewhere', { body: 'anything', type: 'text/plain' })).toBe('anything');
  });

  it.each<[string, string, Answer, RequestInit?]>([
    ['an operation that is not described', 'api/nothing', { body: {} }],
    ['a method that is not described', 'api/health', { body: {} }, { method: 'POST' }],
    ['a status that is not described', 'api/streams', problem(418, 'internal')],
    ['a code that its status does not have', 'api/streams/a', problem(404, 'unknown-cell')],
    ['a content type that is not described', 'api/streams', { body: list, type: 'text/plain' }],
    ['a body that is not described', 'api/streams', { body: { streams: [{}] } }],
    ['a field that is too much', 'api/streams', { body: { ...list, more: 1 } }],
    [
      'an event in a page that is none',
      'api/streams/a',
      { body: { events: [{ ...EVENT, v: 2 }], head: 1 } }
    ],
    [
      'an event in a tail that is none',
      'api/streams/a?live=true',
      sse({ ...EVENT, offset: 'one' })
    ],
    [
      'a line that is not described',
      'api/streams/a',
      { body: '{"type":"x"}\n', type: 'application/x-ndjson' }
    ],
    ['a parameter that is not described', 'api/streams/a?newest=3', sse(EVENT)],
    ['a value of a parameter that is not described', 'api/streams/a?limit=5001', sse(EVENT)],
    ['a parameter that is missing', 'api/views/runtime', { body: {} }],
    [
      'a command that is not described',
      'api/commands',
      { body: { events: [] } },
      { method: 'POST', body: '{"id":""}' }
    ]
  ])('[O4] fails at %s', async (_what, path, given, init) => {
    await expect(ask(path, given, init)).rejects.toThrow(/describe|description/);
  });

  it('[O4] lets a request be wrong on purpose, but not its answer', async () => {
    const hostile = { hostile: true };
    await ask('api/streams/a?newest=3', sse(EVENT), {}, hostile);
    await expect(ask('api/streams/a?newest=3', { body: [] }, {}, hostile)).rejects.toThrow();
  });
});
