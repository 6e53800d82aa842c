/** The service without Jupyter, as the command starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { checkedFetch } from '../openapi-check.js';

const COLOPHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'colophon');

/** One service; `output` is what it printed. */
class Service {
  output = '';
  exit: number | null = null;
  readonly #child: ChildProcess;

  constructor(...args: string[]) {
    this.#child = spawn(COLOPHON, ['serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.on('exit', code => (this.exit = code ?? -1));
  }

  async started(): Promise<this> {
    await until('it serves or ends', () => this.output.includes('/api/') || this.exit !== null);
    return this;
  }

  get token(): string {
    return /Bearer (\w+)/.exec(this.output)?.[1] ?? '';
  }

  get address(): string {
    return /http:\S+\/api/.exec(this.output)?.[0] ?? '';
  }

  fetch(path: string, init: RequestInit = {}, token = this.token): Promise<Response> {
    const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
    const root = this.address.replace(/api$/, '');
    const all = { ...init, headers: { ...headers, ...init.headers } };
    return checkedFetch(root, `${this.address}/${path}`, all);
  }

  async post(path: string, body: object, headers: Record<string, string> = {}, token?: string) {
    const init = { method: 'POST', body: JSON.stringify(body), headers };
    const response = await this.fetch(`streams${path}`, init, token);
    return { status: response.status, body: (await response.json()) as Answer };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await until('it ends', () => this.exit !== null);
  }
}

interface Answer {
  readonly code?: string;
  readonly detail?: string;
  readonly event: {
    readonly offset: number;
    readonly actor: { readonly id: string };
    readonly entitlement: string;
  };
}

describe('colophon serve', () => {
  const dir = mkdtempSync(join(tmpdir(), 'colophon-serve-'));
  let service: Service;

  beforeAll(async () => {
    service = await new Service('--dir', dir, '--port', '0').started();
  });
  afterAll(async () => {
    await service.stop();
    rmSync(dir, { recursive: true });
  });

  it('[S10] takes posts of who has the token, and nobody else', async () => {
    const { status, body } = await service.post('/a', { type: 'hello' });
    expect([status, body.event.offset, body.event.actor.id]).toEqual([200, 1, 'owner']);
    const refused = await service.post('/a', { type: 'hello' }, {}, 'wrong');
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthenticated']);
    const challenged = await service.fetch('health', {}, 'wrong');
    expect(challenged.headers.get('www-authenticate')).toBe('Bearer');
    const small = { Authorization: `bearer ${service.token}` };
    expect((await service.fetch('health', { headers: small })).status).toBe(200);
    const run = await service.fetch('commands', {
      method: 'POST',
      body: JSON.stringify({ id: 'c', stream: '/notebooks/x', type: 'agent.start' })
    });
    expect(run.status).toBe(404);
  });

  it('[A24] tails what is stored at once, also when nothing more happens', async () => {
    await service.post('/quiet', { type: 'one' });
    await service.post('/quiet', { type: 'two' });
    for (const [after, offsets] of [
      [0, [1, 2]],
      [1, [2]]
    ] as const) {
      const path = `streams/quiet?live=true&afterOffset=${after}`;
      const { body } = await service.fetch(path, { headers: { Accept: 'text/event-stream' } });
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while ([...text.matchAll(/^data: .*\n/gm)].length < offsets.length) {
        text += (await reader?.read())?.value ?? '';
      }
      expect([...text.matchAll(/^id: (\d+)/gm)].map(([, id]) => Number(id))).toEqual(offsets);
      await reader?.cancel();
    }
  });

  it('[S10] keeps each project in a database of its own', async () => {
    const other = { 'Colophon-Project': 'other' };
    expect((await service.post('/shared', { type: 'x' })).body.event.offset).toBe(1);
    expect((await service.post('/shared', { type: 'x' }, other)).body.event.offset).toBe(1);
    const wrong = await service.post('/shared', { type: 'x' }, { 'Colophon-Project': '../up' });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'malformed-request']);
    expect(readdirSync(dir).sort()).toEqual(['default', 'other']);
  });

  it('[S10] goes on after a restart, and knows people by their tokens', async () => {
    await service.post('/kept', { type: 'before' });
    await service.stop();
    const tokens = join(dir, 'tokens');
    writeFileSync(
      tokens,
      '# people\nann ann-has-this-token\nbob bob-has-this-token\nroot root-has-this-token admin\n'
    );
    service = await new Service('--dir', dir, '--port', '0', '--tokens', tokens).started();
    const { body } = await service.post('/kept', { type: 'after' }, {}, 'root-has-this-token');
    expect([body.event.offset, body.event.actor.id]).toEqual([2, 'root']);
    const page = await service.fetch('streams/kept', {}, 'root-has-this-token');
    expect(((await page.json()) as { head: number }).head).toBe(2);
  });

  it('[G12] an admin may use every stream, everybody else those that are theirs or open to them', async () => {
    const [ann, bob, root] = ['ann', 'bob', 'root'].map(name => `${name}-has-this-token`);
    const list = async (token: string | undefined) => {
      const response = await service.fetch('streams', {}, token);
      const { streams } = (await response.json()) as { streams: { stream: string }[] };
      return streams.map(({ stream }) => stream);
    };
    const mine = await service.post('/of-ann', { type: 'x' }, {}, ann);
    expect(mine.body.event.entitlement).toBe('owner');
    expect((await service.post('/of-ann', { type: 'x' }, {}, bob)).body.code).toBe('forbidden');
    expect((await service.fetch('streams/of-ann', {}, bob)).status).toBe(403);
    expect((await service.fetch('streams/kept', {}, bob)).status).toBe(403);
    expect((await service.fetch('streams/deletions', {}, bob)).status).toBe(403);
    expect(await list(bob)).toEqual([]);
    expect(await list(ann)).toEqual(['/of-ann']);
    const roots = await service.post('/of-ann', { type: 'x' }, {}, root);
    expect(roots.body.event.entitlement).toBe('admin');
    expect((await service.fetch('streams/of-ann', { method: 'DELETE' }, bob)).status).toBe(403);
    expect((await service.fetch('streams/of-ann', { method: 'DELETE' }, root)).status).toBe(200);
    expect((await service.post('/of-ann', { type: 'x' }, {}, bob)).body.event.offset).toBe(1);
    expect(await list(root)).toEqual(expect.arrayContaining(['/kept', '/deletions', '/of-ann']));
  });

  it('[D2] speaks the Durable Streams protocol on the same port, to who has a token', async () => {
    const url = service.address.replace('/api', '/v1/stream/log');
    const send = (method: string, body: string | null, token: string) =>
      fetch(url, {
        method,
        body,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'text/plain' }
      });
    expect((await send('PUT', null, 'nobody')).status).toBe(401);
    expect((await send('PUT', null, 'ann-has-this-token')).status).toBe(201);
    expect((await send('POST', 'one line', 'bob-has-this-token')).status).toBe(403);
    expect((await send('POST', 'one line', 'ann-has-this-token')).status).toBe(204);
    const grant = { type: 'access.granted', payload: { username: 'bob', may: 'read' } };
    expect((await send('GET', null, 'bob-has-this-token')).status).toBe(403);
    expect((await service.post('/log', grant, {}, 'ann-has-this-token')).status).toBe(200);
    expect(await (await send('GET', null, 'bob-has-this-token')).text()).toBe('one line');
    const ds = url.replace('/log', '/__ds');
    expect((await fetch(`${ds}/jwks.json`)).status).toBe(200);
    const ack = await fetch(`${ds}/subscriptions/none/ack`, { method: 'POST', body: '{}' });
    expect([401, 404]).toContain(ack.status);
    expect((await fetch(`${ds}/subscriptions/none`)).status).toBe(401);
    expect(await (await send('GET', null, 'ann-has-this-token')).text()).toBe('one line');
  });

  it('[S11] says what is wrong with its arguments, and why it cannot work', async () => {
    for (const [args, words] of [
      [[], '--dir DIR'],
      [['--dir', dir, '--port', 'x'], 'x is no port'],
      [['--dir', dir, '--nonsense'], 'nonsense'],
      [['--dir', dir, '--tokens', join(dir, 'none')], 'tokens cannot be read'],
      [['--dir', dir, '--port', '0'], 'Another Colophon host']
    ] as const) {
      const failed = await new Service(...args).started();
      await until('it ends', () => failed.exit !== null);
      expect(failed.exit).toBeGreaterThan(0);
      expect(failed.output).toContain(words);
    }
  });
});
