/** What somebody tries who may not: every route, long requests, and what works for them while they are away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { sourceHash } from '../../agent/core/digest.js';
import type { PublishedEvent } from '../../schema/index.js';
import { eventually } from '../e2e/history.js';
import { JupyterLab, type UserName } from '../e2e/jupyter-lab.js';
import { until } from '../e2e/until.js';
import { Receiver } from '../unit/push/receiver.js';
import { PushService, SocketReader } from './push-world.js';
import { RoomObserver } from './room-observer.js';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly code?: string;
    readonly detail?: string;
    readonly event?: PublishedEvent;
  };
}

describe('what one may not, on a server with several people', () => {
  const lab = new JupyterLab({
    identityProvider: 'four_users.FourUsers',
    args: [
      '--ServerApp.authorizer_class=four_users.BobOnlyReads',
      '--ColophonExtension.allow_private_webhooks=True'
    ]
  });
  const receiver = new Receiver();
  beforeAll(async () => {
    await receiver.start();
    await lab.start();
  });
  afterAll(async () => {
    receiver.stop();
    await lab.stop();
  });

  async function send(
    user: UserName,
    method: string,
    path: string,
    body?: object | string,
    headers: Record<string, string> = {}
  ): Promise<Answer> {
    const init = {
      method,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) })
    };
    const response = await lab.fetch(`colophon/${path}`, init, user);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.endsWith('json') === true;
    const said = isJson && text !== '' ? (JSON.parse(text) as Answer['body']) : {};
    return { status: response.status, text, body: said };
  }
  const post = (user: UserName, stream: string, type: string, payload: object = {}, more = {}) =>
    send(user, 'POST', `api/streams${stream}`, { type, payload, ...more });
  const grant = (stream: string, username: string, may: 'read' | 'write') =>
    post('alice', stream, 'access.granted', { username, may });
  const revoke = (stream: string, username: string) =>
    post('alice', stream, 'access.revoked', { username });
  const typesOf = async (stream: string) =>
    (
      JSON.parse((await send('alice', 'GET', `api/streams${stream}`)).text) as {
        events: PublishedEvent[];
      }
    ).events;
  const socket = (user: UserName, path: string) =>
    new SocketReader(
      new WebSocket(`${lab.url.replace(/^http/, 'ws')}colophon/api/streams/__socket${path}`, {
        headers: { Authorization: `token ${user}-token` }
      })
    );

  /** What each route answers, for whoever may read only, may write, and neither; with `secret-word` in none of the last. */
  const routes = (
    stream: string
  ): [string, string, object | string | undefined, number, number][] => [
    ['GET', `api/streams${stream}`, undefined, 200, 200],
    ['GET', `api/streams${stream}?afterOffset=99`, undefined, 400, 400],
    ['GET', `api/streams/__state${stream}`, undefined, 200, 200],
    ['GET', `api/streams/__cursor${stream}`, undefined, 200, 200],
    ['POST', `api/streams/__cursor${stream}`, { consumer: 'x', offset: 1 }, 200, 200],
    ['GET', `api/streams/__secret${stream}?slug=hook`, undefined, 403, 200],
    ['GET', `api/export?stream=${stream}`, undefined, 200, 200],
    ['GET', `api/export?stream=${stream}&format=crate`, undefined, 200, 200],
    ['GET', `v1/stream${stream}`, undefined, 200, 200],
    ['GET', `v1/stream${stream}?offset=-1&live=long-poll`, undefined, 200, 200],
    ['HEAD', `v1/stream${stream}`, undefined, 200, 200],
    ['POST', `api/streams${stream}`, { type: 'x', expectedOffset: 999 }, 403, 412],
    ['POST', `api/streams${stream}`, { type: 'x', idempotencyKey: 'key' }, 403, 200],
    ['POST', `api/streams${stream}`, { type: 'stream.resumed' }, 403, 200],
    ['POST', `api/streams${stream}`, 'no event', 403, 200],
    ['POST', `api/streams${stream}`, { type: 'stream.made-public' }, 403, 403],
    ['POST', `api/streams${stream}`, { type: 'stream.retention-configured' }, 403, 403],
    ['POST', `api/streams/__redact${stream}`, { offset: 1, reason: 'x' }, 403, 200],
    ['PUT', `v1/stream${stream}`, '', 403, 200],
    ['POST', `v1/stream${stream}`, '{}', 403, 204],
    ['DELETE', `v1/stream${stream}`, undefined, 403, 403],
    ['DELETE', `api/streams${stream}?children=true`, undefined, 403, 403]
  ];

  it('[G1] every route answers each person as the rules of the stream say, and tells a stranger nothing', async () => {
    const stream = '/deals/secret-project';
    await post('alice', stream, 'said', { text: 'secret-word' }, { idempotencyKey: 'key' });
    const outcome = async (user: UserName) => {
      const rows: [string, string, number][] = [];
      const texts: string[] = [];
      for (const [method, path, body] of routes(stream)) {
        const answer = await send(user, method, path, body);
        rows.push([method, path, answer.status]);
        texts.push(answer.text);
      }
      return { rows, text: texts.join('\n') };
    };
    const expected = (column: 3 | 4 | 403) =>
      routes(stream).map(row => [row[0], row[1], column === 403 ? 403 : row[column]]);
    const stranger = await outcome('dan');
    expect(stranger.rows).toEqual(expected(403));
    expect(stranger.text).not.toContain('secret-word');
    await grant(stream, 'dan', 'read');
    expect((await outcome('dan')).rows).toEqual(expected(3));
    await grant(stream, 'dan', 'write');
    expect((await outcome('dan')).rows).toEqual(expected(4));
    await revoke(stream, 'dan');
    expect((await outcome('dan')).rows).toEqual(expected(403));
    const { text } = await send('dan', 'POST', 'api/query', {
      sql: 'SELECT * FROM events, streams, actors'
    });
    expect(text).not.toContain('secret-');
    const fork = { 'Stream-Forked-From': `/v1/stream${stream}` };
    expect((await send('dan', 'PUT', 'v1/stream/mine', '', fork)).status).toBe(403);
    expect((await send('dan', 'GET', 'api/streams')).text).not.toContain('secret-');
  });

  it('[G4] every route of a notebook answers as the server’s rights on it say', async () => {
    const path = lab.writeNotebook('rights.ipynb', { a: "'secret-word'" });
    const alice = await RoomObserver.join(lab, path);
    const stream = `/notebooks/${alice.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    await post('alice', stream, 'said', { text: 'secret-word' }, { idempotencyKey: 'key' });
    // A protocol of its own: nobody appends to a notebook's stream by it.
    const own = /^(?:PUT|POST|DELETE) v1/;
    const ofNotebook = routes(stream).filter(([, each]) => !each.includes('made-public'));
    for (const [method, each, body, reader] of ofNotebook) {
      const status = async (user: UserName) => (await send(user, method, each, body)).status;
      const shown = [method, each, JSON.stringify(body)];
      expect([...shown, await status('bob')]).toEqual([...shown, reader]);
      const carol = await send('carol', method, each, body);
      expect([...shown, carol.status]).toEqual([...shown, 403]);
      expect(carol.text).not.toContain('secret-word');
      if (own.test(`${method} ${each}`)) {
        // That it is there may be said to who may write; that changes nothing.
        expect([...shown, await status('dan')]).toEqual([...shown, method === 'PUT' ? 200 : 403]);
      }
    }
    for (const view of ['cells', 'runtime', 'document']) {
      const address = `api/views/${view}?stream=${stream}`;
      expect((await send('bob', 'GET', address)).status).toBe(200);
      expect((await send('carol', 'GET', address)).status).toBe(403);
    }
    const select = { sql: 'SELECT data FROM events' };
    expect((await send('bob', 'POST', 'api/query', select)).text).toContain('secret-word');
    expect((await send('carol', 'POST', 'api/query', select)).status).toBe(403);
    alice.leave();
  });

  it('[G4] what comes without a log-in stands at the addresses of wakes alone', async () => {
    const path = 'board/v1/stream/__ds/jwks.json';
    await post('alice', '/board', 'stream.made-public');
    await send('alice', 'PUT', `v1/stream/${path}`, '[{"text":"secret-word"}]');
    const nobody = await fetch(`${lab.url}colophon/v1/stream/${path}`);
    expect([nobody.status, (await nobody.text()).includes('secret-word')]).toEqual([403, false]);
    expect((await fetch(`${lab.url}colophon/v1/stream/__ds/jwks.json`)).status).toBe(200);
  });

  it('[G14] a refusal names no stream that one may not read', async () => {
    await post('alice', '/company/secret-merger', 'begun');
    const above = await post('dan', '/company', 'begun');
    expect([above.status, above.text.includes('secret-merger')]).toEqual([403, false]);
    await post('alice', '/open', 'stream.made-public', { write: true });
    await post('dan', '/open/secret-diary', 'stream.made-private');
    for (const query of ['', '?children=true']) {
      const answer = await send('alice', 'DELETE', `api/streams/open${query}`);
      expect(answer.status).toBe(query === '' ? 409 : 403);
      expect(answer.text).not.toContain('secret-diary');
    }
  });

  it('[G15] the id of a command or a post gives nobody what happened in another stream', async () => {
    const path = lab.writeNotebook('ids.ipynb', { a: '1' });
    const dan = await RoomObserver.join(lab, path, 'dan');
    const notebook = `/notebooks/${dan.fileId}`;
    await eventually(lab, notebook, 'notebook.opened');
    await post('alice', '/vault', 'said', { text: 'secret-word' }, { idempotencyKey: 'k' });
    const command = (id: string) => ({
      id,
      stream: notebook,
      type: 'execution.request',
      data: { cells: [{ cellId: 'a', sourceHash: sourceHash('1') }] }
    });
    const guessed = await send('dan', 'POST', 'api/commands', command('posted /vault k'));
    expect([guessed.status, guessed.text.includes('secret-word')]).toEqual([400, false]);
    expect((await send('dan', 'POST', 'api/commands', command('mine'))).status).toBe(200);
    const other = { ...command('mine'), stream: '/notebooks/none' };
    const elsewhere = await send('alice', 'POST', 'api/commands', other);
    expect([elsewhere.status, elsewhere.body.code]).toEqual([400, 'malformed-request']);
    dan.leave();
  });

  it('[G9] a Durable Streams reader who waits is cut off when they may no longer read', async () => {
    const stream = '/awaited';
    await send('alice', 'PUT', `v1/stream${stream}`, '[{"n":1}]');
    await grant(stream, 'dan', 'read');
    const head = await lab.fetch(`colophon/v1/stream${stream}`, { method: 'HEAD' });
    const offset = head.headers.get('stream-next-offset') ?? '';
    const waits = send('dan', 'GET', `v1/stream${stream}?offset=${offset}&live=long-poll`);
    const events = lab.fetch(`colophon/v1/stream${stream}?offset=${offset}&live=sse`, {}, 'dan');
    const flowing = await events;
    await revoke(stream, 'dan');
    await send('alice', 'POST', `v1/stream${stream}`, '{"text":"secret-word"}');
    const [polled, tailed] = [await waits, await flowing.text()];
    expect(`${polled.text}${tailed}`).not.toContain('secret-word');
    expect(polled.status).toBe(403);
  });

  it('[G13] a webhook of somebody who may not read any more is parked, on their behalf, and sends nothing', async () => {
    const stream = '/watched';
    await post('alice', stream, 'begun');
    await grant(stream, 'dan', 'write');
    await post('dan', stream, 'subscription.configured', {
      slug: 'spy',
      url: receiver.url('/spy')
    });
    await post('alice', stream, 'said', { text: 'open' });
    await until('it is sent', () => receiver.bodies('/spy').length === 1);
    await revoke(stream, 'dan');
    await post('alice', stream, 'said', { text: 'secret-word' });
    const parked = await until('it is parked', async () =>
      (await typesOf(stream)).find(({ type }) => type === 'subscription.parked')
    );
    expect(parked).toMatchObject({
      actor: { kind: 'system', id: 'deliverer', onBehalfOf: { kind: 'human', id: 'dan' } },
      data: { slug: 'spy', error: expect.stringContaining('dan') as unknown }
    });
    expect(JSON.stringify(receiver.bodies('/spy'))).not.toContain('secret-word');
    expect(receiver.bodies('/spy')).toHaveLength(1);
  });

  it('[G13] a schedule and a transformer of somebody who may not write any more end, and say so', async () => {
    const stream = '/busy';
    await post('alice', stream, 'begun');
    await grant(stream, 'dan', 'write');
    await post('dan', stream, 'schedule.configured', {
      slug: 'tick',
      schedule: { kind: 'every', seconds: 1 },
      append: { type: 'ticked' }
    });
    await post('dan', stream, 'transformer.configured', {
      slug: 'echo',
      filter: "type = 'said'",
      transform: '{"type": "echoed"}'
    });
    await post('alice', stream, 'said');
    const find = async (type: string) => (await typesOf(stream)).find(event => event.type === type);
    for (const type of ['ticked', 'echoed']) {
      expect(await until(type, () => find(type))).toMatchObject({
        actor: { kind: 'system', onBehalfOf: { id: 'dan' } },
        entitlement: 'granted:write'
      });
    }
    await revoke(stream, 'dan');
    await post('alice', stream, 'said');
    await until('the transformer ends', () => find('transformer.removed'));
    const ended = await until('the schedule ends', async () =>
      (await typesOf(stream)).find(event => JSON.stringify(event).includes('"refused"'))
    );
    const events = await typesOf(stream);
    const since = events.findIndex(({ type }) => type === 'access.revoked');
    const after = events.slice(since + 1).map(({ type }) => type);
    expect(after).not.toContain('ticked');
    expect(after).not.toContain('echoed');
    expect(ended).toMatchObject({
      type: 'schedule.fired',
      data: { next: null, refused: expect.stringContaining('dan') as unknown }
    });
  });

  it('[W7] the secret of a subscription is its own person’s: another writer cannot sign as it does', async () => {
    await post('alice', '/signed', 'stream.made-public', { write: true });
    await post('alice', '/signed', 'subscription.configured', { slug: 'bot', url: receiver.url() });
    const secretOf = async (user: UserName) =>
      (
        JSON.parse((await send(user, 'GET', 'api/streams/__secret/signed?slug=bot')).text) as {
          secret: string;
        }
      ).secret;
    expect(await secretOf('dan')).not.toBe(await secretOf('alice'));
  });

  it('[W17] nobody moves the place of somebody else’s reader, but who owns the stream', async () => {
    const stream = '/followed';
    await post('alice', stream, 'stream.made-public');
    await post('alice', stream, 'said');
    const move = (user: UserName, offset: number, force = true) =>
      send(user, 'POST', `api/streams/__cursor${stream}`, { consumer: 'nightly', offset, force });
    expect((await move('bob', 1)).status).toBe(200);
    expect((await move('dan', 2)).status).toBe(403);
    const reader = await socket('dan', stream).opened();
    reader.say({ type: 'ack', consumer: 'nightly', offset: 2 });
    const [frame] = await reader.until('problem', 1);
    expect(frame?.problem.code).toBe('forbidden');
    reader.socket.close();
    expect((await move('bob', 0)).status).toBe(200);
    expect((await move('dan', 1)).status).toBe(200);
    expect((await move('alice', 2)).status).toBe(200);
  });
});

describe('what one may not, with colophon serve', () => {
  const service = new PushService();
  beforeAll(() => service.start());
  afterAll(() => service.stop());

  /** A request whose body comes only when it is told to. */
  function slow(method: string, path: string) {
    let send: (text: string) => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        controller.enqueue(new TextEncoder().encode('{"text":'));
        send = text => {
          controller.enqueue(new TextEncoder().encode(text));
          controller.close();
        };
      }
    });
    const init: RequestInit & { duplex: 'half' } = { method, body, duplex: 'half' };
    return { answer: service.durable(path, init, 'bob'), send: (text: string) => send(text) };
  }

  it('[G1] a request that takes long is judged when it is done, not when it began', async () => {
    // Where nobody has begun anything, bob may; meanwhile ann begins it.
    const begins = slow('POST', 'slow');
    const creates = slow('PUT', 'slow');
    // The service has let both in once it answers what came after them.
    await service.durable('other', { method: 'PUT' }, 'bob');
    await service.durable('slow', { method: 'PUT', body: '[]' });
    begins.send('"forged"}');
    creates.send('"forged"}');
    expect([(await begins.answer).status, (await creates.answer).status]).toEqual([403, 403]);
    expect(await (await service.durable('slow')).text()).toBe('[]');
  });

  it('[G10] a fork of a deleted stream shows nothing of the one that begins there anew', async () => {
    const fork = { method: 'PUT', headers: { 'Stream-Forked-From': '/v1/stream/source' } };
    await service.durable('source', { method: 'PUT', body: '[{"n":1},{"n":2}]' });
    const granted = { type: 'access.granted', payload: { username: 'bob', may: 'read' } };
    await service.post('source', granted);
    await service.durable('fork', fork, 'bob');
    expect(await (await service.durable('fork', {}, 'bob')).text()).toContain('{"n":2}');
    expect((await service.fetch('source', { method: 'DELETE' })).status).toBe(200);
    await service.post('source', { type: 'said', payload: { text: 'secret-word' } });
    await service.durable('fork', { method: 'POST', body: '{"n":"own"}' }, 'bob');
    const shown = await service.durable('fork', {}, 'bob');
    expect([await shown.text(), shown.headers.get('stream-up-to-date')]).toEqual([
      '[{"n":"own"}]',
      'true'
    ]);
    expect(await (await service.durable('source')).text()).toContain('secret-word');
    expect((await service.durable('source', {}, 'bob')).status).toBe(403);
    expect((await service.durable('fork', { method: 'DELETE' }, 'bob')).status).toBe(204);
    expect(await (await service.durable('source')).text()).toContain('secret-word');
  });

  it('[G5] an admin, too, writes nothing where the server states what it did', async () => {
    await service.durable('gone', { method: 'PUT' });
    await service.durable('gone', { method: 'DELETE' });
    const told = await (await service.durable('deletions', {}, 'root')).text();
    for (const method of ['POST', 'PUT', 'DELETE']) {
      for (const path of ['deletions', 'refusals', 'record']) {
        const init = { method, ...(method !== 'DELETE' && { body: '{}' }) };
        const { status } = await service.durable(path, init, 'root');
        expect([method, path, status]).toEqual([method, path, 403]);
      }
    }
    expect(await (await service.durable('deletions', {}, 'root')).text()).toBe(told);
    expect((await service.durable('deletions', {}, 'ann')).status).toBe(403);
  });
});
