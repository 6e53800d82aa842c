/** Durable Streams through a real Jupyter Server: its people, its notebooks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../schema/index.js';
import { eventually } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { RoomObserver } from './room-observer.js';

const PAGE = { Accept: 'application/json' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('the protocol through Jupyter Server', () => {
  const lab = new JupyterLab();

  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  const ask = (method: string, path: string, user: 'alice' | 'bob', init: RequestInit = {}) =>
    lab.fetch(`colophon/v1/stream/${path}`, { method, ...init }, user);

  it('[D6] streams are created, appended to, tailed, closed and deleted as who is logged in', async () => {
    const made = await ask('PUT', 'ours/log', 'bob', { headers: JSON_TYPE });
    expect([made.status, made.headers.get('Location')]).toEqual([
      201,
      expect.stringContaining('/colophon/v1/stream/ours/log')
    ]);
    const end = made.headers.get('Stream-Next-Offset') ?? '';
    const waiting = ask('GET', `ours/log?live=long-poll&offset=${end}`, 'bob');
    const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '0' };
    const batch = { headers: { ...JSON_TYPE, ...producer }, body: '[{"n": 1}, {"n": 2}]' };
    expect((await ask('POST', 'ours/log', 'bob', batch)).status).toBe(200);
    expect((await ask('POST', 'ours/log', 'bob', batch)).status).toBe(204);
    const woken = (await (await waiting).json()) as { n: number }[];
    expect(woken[0]).toEqual({ n: 1 });
    const whole = await ask('GET', 'ours/log', 'bob');
    expect(await whole.json()).toEqual([{ n: 1 }, { n: 2 }]);
    const etag = { headers: { 'If-None-Match': whole.headers.get('ETag') ?? '' } };
    expect((await ask('GET', 'ours/log', 'bob', etag)).status).toBe(304);
    const api = await lab.fetch('colophon/api/streams/ours/log', { headers: PAGE }, 'bob');
    const { events } = (await api.json()) as { events: Event[] };
    expect(events.map(({ type, actor }) => [type, actor.id])).toEqual([
      ['message.appended', 'bob'],
      ['message.appended', 'bob']
    ]);
    const closing = { headers: { 'Stream-Closed': 'true' } };
    expect((await ask('POST', 'ours/log', 'bob', closing)).status).toBe(204);
    const head = await ask('HEAD', 'ours/log', 'bob');
    expect([head.status, head.headers.get('Stream-Closed')]).toEqual([200, 'true']);
    expect((await ask('GET', 'ours/log', 'alice')).status).toBe(403);
    expect((await ask('DELETE', 'ours/log', 'alice')).status).toBe(403);
    expect((await ask('DELETE', 'ours/log', 'bob')).status).toBe(204);
    expect((await ask('GET', 'ours/log', 'bob')).status).toBe(404);
  });

  it('[D6] bytes pass unchanged, as server-sent events too', async () => {
    const type = { 'Content-Type': 'application/octet-stream' };
    await ask('PUT', 'ours/bytes', 'bob', { headers: type });
    const body = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    await ask('POST', 'ours/bytes', 'bob', { headers: type, body });
    const got = new Uint8Array(await (await ask('GET', 'ours/bytes', 'bob')).arrayBuffer());
    expect(Buffer.compare(got, body)).toBe(0);
    const live = await ask('GET', 'ours/bytes?live=sse&offset=-1', 'bob');
    expect(live.headers.get('Stream-SSE-Data-Encoding')).toBe('base64');
    const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: control')) {
      text += (await reader?.read())?.value ?? '';
    }
    const encoded = /^data:(.*)$/m.exec(text)?.[1] ?? '';
    expect(Buffer.compare(Buffer.from(encoded, 'base64'), body)).toBe(0);
    await reader?.cancel();
  });

  it("[D6] a notebook's stream can be read and forked, not written", async () => {
    const path = lab.writeNotebook('durable.ipynb', { a: '1' });
    const alice = await RoomObserver.join(lab, path);
    const stream = `/notebooks/${alice.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    const read = await ask('GET', stream.slice(1), 'alice');
    expect(((await read.json()) as { type: string }[])[0]?.type).toBe('notebook.opened');
    const append = { headers: JSON_TYPE, body: '{"type": "execution.finished"}' };
    expect((await ask('POST', stream.slice(1), 'alice', append)).status).toBe(403);
    const fork = { ...JSON_TYPE, 'Stream-Forked-From': `/v1/stream${stream}` };
    expect((await ask('PUT', 'branch', 'alice', { headers: fork })).status).toBe(201);
    expect((await ask('POST', 'branch', 'alice', append)).status).toBe(204);
    const branch = (await (await ask('GET', 'branch', 'alice')).json()) as { type: string }[];
    expect([branch[0]?.type, branch.at(-1)?.type]).toEqual([
      'notebook.opened',
      'execution.finished'
    ]);
    alice.leave();
  });

  it('[D6] nobody comes in without a login, but for keys and the answers to a wake', async () => {
    const bare = (method: string, path: string) =>
      fetch(`${lab.url}colophon/v1/stream/${path}`, { method });
    expect((await bare('GET', 'ours/bytes')).status).toBe(403);
    expect((await bare('PUT', 'theirs')).status).toBe(403);
    expect((await bare('GET', '__ds/jwks.json')).status).toBe(200);
    const wake = await bare('POST', '__ds/subscriptions/none/callback');
    expect(wake.status).toBe(404);
  });
});
