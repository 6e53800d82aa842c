/** Uploads over HTTP to a host that fails in the ways that hosts fail. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UploadRefused } from '../../../agent/ports/uploads.js';
import { HostUploads } from '../../../agent/uploads/host-uploads.js';

interface Asked {
  readonly path: string;
  readonly query: Record<string, string>;
  readonly token: string | undefined;
  readonly body: string;
}

/** What the host answers, in turn; the last one goes on. */
type Answer = { readonly status: number; readonly said: unknown } | 'cut';

const TAKEN: Answer = { status: 200, said: { length: 4 } };
const BUSY: Answer = { status: 503, said: { detail: 'The host starts.' } };
const FULL: Answer = { status: 507, said: { detail: 'The disk is full.' } };

let server: Server;
let asked: Asked[];
let answers: Answer[];

beforeEach(async () => {
  asked = [];
  answers = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://host');
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const token = request.headers['colophon-agent-token'];
      asked.push({
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        token: typeof token === 'string' ? token : undefined,
        body
      });
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (answer === 'cut') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status).end(JSON.stringify(answer.said));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

function uploads(patience?: number): HostUploads {
  const { port } = server.address() as AddressInfo;
  const access = { baseUrl: `http://127.0.0.1:${port}/base/`, token: 'secret' };
  return new HostUploads(access, '/notebooks/f', patience);
}

describe('uploads to the host', () => {
  it('[F11] are asked for again while the host is away, at the same place', async () => {
    answers = [BUSY, 'cut', TAKEN];
    await uploads().append('run-1', 12, Buffer.from('text'));
    const request: Asked = {
      path: '/base/api/artifacts/uploads/run-1',
      query: { stream: '/notebooks/f', offset: '12' },
      token: 'secret',
      body: 'text'
    };
    expect(asked).toEqual([request, request, request]);
    const hash = 'a'.repeat(64);
    const link = { hash, key: 'k', mediaType: 'text/plain', bytes: 4, lines: 0 };
    answers = [{ status: 200, said: link }];
    expect(await uploads().commit('run-1', 4, 'text/plain')).toEqual(link);
    expect(asked.at(-1)).toMatchObject({
      path: '/base/api/artifacts/uploads/run-1/commit',
      query: { stream: '/notebooks/f', length: '4' },
      body: '{"mediaType":"text/plain"}'
    });
  });

  it('[F21] store whole values that come together in one request, over kept connections', async () => {
    const link = { hash: 'a'.repeat(64), key: 'k', mediaType: 'image/png', bytes: 4 };
    const links = (count: number): Answer => ({
      ...{ status: 200, said: { links: Array.from({ length: count }, () => link) } }
    });
    answers = [BUSY, links(3), links(1)];
    const store = uploads();
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const ids = ['run-1', 'run-2', 'run-3'];
    const together = ids.map(id => store.keep(id, Buffer.from('text'), 'image/png'));
    expect(await Promise.all(together)).toEqual([link, link, link]);
    expect(await store.keep('run-4', Buffer.from('more'), 'image/png')).toEqual(link);
    expect(asked).toHaveLength(3);
    const head = ids.map(upload => ({ upload, mediaType: 'image/png', bytes: 4 }));
    expect(asked[1]).toEqual({
      path: '/base/api/artifacts/uploads',
      query: { stream: '/notebooks/f' },
      token: 'secret',
      body: `${JSON.stringify(head)}\ntexttexttext`
    });
    expect(connections).toBe(1);
    // No request takes more than it may, and the order stays.
    const before = asked.length;
    answers = [links(1)];
    const large = Buffer.alloc(3 << 20, 'x');
    await Promise.all(ids.map(id => store.keep(id, large, 'image/png')));
    expect(asked.slice(before).map(({ body }) => body.length)).toEqual(
      Array.from({ length: 3 }, () => expect.closeTo(large.length, -3) as number)
    );
    answers = [FULL];
    await expect(store.keep('run-5', Buffer.from('text'), 'image/png')).rejects.toThrow(
      'The disk is full.'
    );
  });

  it('[F12] are refused at once by a full disk, and after a while by a host that is away', async () => {
    answers = [FULL];
    const full = uploads();
    await expect(full.append('run-1', 0, Buffer.from('text'))).rejects.toThrow('The disk is full.');
    expect(asked).toHaveLength(1);
    answers = [BUSY];
    // It has waited once: what follows is not waited for, until something is taken again.
    await expect(full.append('run-2', 0, Buffer.from('text'))).rejects.toThrow(UploadRefused);
    expect(asked).toHaveLength(2);
    answers = [TAKEN];
    await full.append('run-3', 0, Buffer.from('text'));
    answers = [BUSY, TAKEN];
    await full.append('run-4', 0, Buffer.from('text'));
    expect(asked).toHaveLength(5);
    answers = [BUSY];
    await expect(uploads(150).append('run-5', 0, Buffer.from('text'))).rejects.toThrow(
      'The host starts.'
    );
    expect(asked.length).toBeGreaterThan(6);
  });
});
