/** Websockets of streams and webhooks through a real Jupyter Server, with two of its users. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { until } from '../e2e/until.js';
import { Receiver } from '../unit/push/receiver.js';
import { SocketReader } from './push-world.js';
import { RoomObserver } from './room-observer.js';

describe('a websocket through the server', () => {
  const lab = new JupyterLab({ args: ['--ColophonExtension.allow_private_webhooks=True'] });
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.start();
    await lab.start();
  });
  afterAll(async () => {
    receiver.stop();
    await lab.stop();
  });

  const socket = (path: string, user: string, headers: Record<string, string> = {}) => {
    const url = `${lab.url.replace(/^http/, 'ws')}colophon/api/streams/__socket/${path}`;
    const Authorization = `token ${user}-token`;
    return new SocketReader(new WebSocket(url, { headers: { Authorization, ...headers } }));
  };
  const post = (path: string, body: object) =>
    lab.fetch(`colophon/api/streams/${path}`, { method: 'POST', body: JSON.stringify(body) });

  it('[W13] two users see each other at once, each as the server knows them', async () => {
    await post('team', { type: 'stream.made-public', payload: { write: true } });
    const alice = await socket('team', 'alice').opened();
    const bob = await socket('team?afterOffset=end', 'bob').opened();
    alice.say({ type: 'append', event: { type: 'said', payload: { text: 'hi' } }, ref: 'a' });
    await bob.until('event', 1);
    bob.say({ type: 'append', event: { type: 'said', payload: { text: 'ho' } }, ref: 'b' });
    await Promise.all([alice.until('event', 3), alice.until('appended', 1)]);
    await Promise.all([bob.until('event', 2), bob.until('appended', 1)]);
    expect(alice.offsets).toEqual([1, 2, 3]);
    expect(bob.offsets).toEqual([2, 3]);
    expect(bob.of('event').map(({ event }) => event.actor)).toMatchObject([
      { kind: 'human', id: 'alice' },
      { kind: 'human', id: 'bob' }
    ]);
    expect(alice.of('appended')[0]?.ref).toBe('a');
    alice.socket.close();
    bob.socket.close();
  });

  it('[W13] is refused without a token, from another site, with a forged header, and for a private stream', async () => {
    await post('mine', { type: 'begun' });
    const refused = [
      socket('team', 'nobody'),
      socket('team', 'alice', { Origin: 'https://evil.example', Authorization: '' }),
      socket('team', 'alice', { 'Colophon-Principal': 'e30' }),
      socket('mine', 'bob')
    ];
    await until('all are refused', () => refused.every(reader => reader.refused !== null));
    const codes = refused.map(reader => {
      const { code } = JSON.parse(reader.refused?.body ?? '') as { code: string };
      return [reader.refused?.status, code];
    });
    expect(codes).toEqual([
      [403, 'unauthenticated'],
      [403, 'unauthenticated'],
      [400, 'forged-header'],
      [403, 'forbidden']
    ]);
  });

  it("[W13] takes a page's own login, from the server's own pages alone", async () => {
    const page = await fetch(`${lab.url}lab?token=alice-token`, { redirect: 'manual' });
    const Cookie = page.headers
      .getSetCookie()
      .map(each => each.split(';')[0])
      .join('; ');
    const { origin } = new URL(lab.url);
    const own = await socket('team', 'alice', {
      Authorization: '',
      Cookie,
      Origin: origin
    }).opened();
    const foreign = { Authorization: '', Cookie, Origin: 'https://evil.example' };
    const other = socket('team', 'alice', foreign);
    await until('it is refused', () => other.refused !== null);
    expect(other.refused?.status).toBe(403);
    expect(JSON.parse(other.refused?.body ?? '')).toMatchObject({
      code: 'forbidden',
      at: { reason: 'origin' }
    });
    own.socket.close();
  });

  it('[W13] ends with 1012 when the host does, and the next one brings what was missed', async () => {
    await post('broken', { type: 'first' });
    const before = await socket('broken', 'alice').opened();
    await before.until('event', 1);
    const { host } = await lab.json<{ host: { pid: number } }>('colophon/status');
    process.kill(host.pid, 'SIGKILL');
    await until('it is closed', () => before.closed !== null);
    expect(before.closed).toBe(1012);
    const after = socket('broken?afterOffset=1', 'alice');
    await after.opened();
    after.say({ type: 'append', event: { type: 'second' } });
    await after.until('event', 1);
    expect(after.offsets).toEqual([2]);
    after.socket.close();
  });

  it("[W1] what happens in a notebook is sent to its stream's subscriptions", async () => {
    const path = lab.writeNotebook('hooked.ipynb', { a: '' });
    const alice = await RoomObserver.join(lab, path);
    const stream = `notebooks/${alice.fileId}`;
    await eventually(lab, `/${stream}`, 'notebook.opened');
    const payload = { slug: 'hook', url: receiver.url(), filter: "type = 'cell.source-changed'" };
    const answer = await post(stream, { type: 'subscription.configured', payload });
    expect(answer.status).toBe(200);
    alice.notebook.cells[0]?.setSource('x = 1');
    await until('it has come', () => receiver.received.length > 0);
    expect(receiver.bodies()[0]).toMatchObject({
      type: 'cell.source-changed',
      actor: { id: 'alice' }
    });
    alice.leave();
  });
});
