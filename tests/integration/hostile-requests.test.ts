/** Requests that nobody should make, to every door of a real service: it refuses, and goes on. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../schema/index.js';
import { hostileLines, hostileRequest } from './hostile-request.js';
import { buildService, Served } from './served.js';

let built: Awaited<ReturnType<typeof buildService>>;
let service: Served;

beforeAll(async () => {
  built = await buildService();
  service = new Served(built.folder);
  await service.start();
  await service.post('/here', 'x');
  await service.request('v1/stream/log', {
    method: 'PUT',
    headers: { 'Content-Type': 'text/plain' }
  });
});

afterAll(async () => {
  await service.kill();
  built.remove();
});

/** The first line of what a socket answers to these bytes. */
function answerTo(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const { hostname, port } = new URL(service.root);
    const socket = connect(Number(port), hostname, () => socket.end(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.setTimeout(500, () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
  });
}

describe('a service', () => {
  it(
    '[A27] answers any request at any door without a server error',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(hostileRequest, async ([method, where, parameters, sent, type, named]) => {
          const bare = method === 'GET' || method === 'HEAD';
          const init = {
            method,
            ...(bare ? {} : { body: sent }),
            headers: { ...named, 'Content-Type': type }
          };
          const search = new URLSearchParams(parameters).toString();
          const response = await service.request(`${where}?${search}`, init, { hostile: true });
          const answer = await response.text();
          expect(`${response.status} ${answer.slice(0, 300)}`).not.toMatch(/^5/);
          if (!response.ok && method !== 'HEAD' && where.startsWith('api/')) {
            Problem.parse(JSON.parse(answer));
          }
        }),
        { numRuns: 1500, seed: 3 }
      );
      expect(await service.fetch('health')).toMatchObject({ journal: { kind: 'sqlite' } });
    }
  );

  it('[A27] keeps what is nested too deep to be written, and goes on', async () => {
    const deep = '['.repeat(9_000) + ']'.repeat(9_000);
    const bodies = [deep, `{"type": "x", "payload": {"a": ${deep}}}`];
    for (const sent of bodies) {
      const posted = await service.request('api/streams/deep', { method: 'POST', body: sent });
      expect(posted.status).toBe(200);
    }
    await service.kill();
    await service.start();
    const kept = await service.events('/deep');
    expect(kept.map(event => 'payload' in event && event.payload['rawInput'])).toEqual(bodies);
  });

  it('[A27] outlives what is no HTTP, and upgrades that are none', async () => {
    const host = 'Host: x\r\n';
    const upgrade = `${host}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
    const said = await Promise.all(
      [
        '\r\n\r\n',
        '\x16\x03\x01\x02\x00',
        `GET /api/health HTTP/1.1\r\n${'X: y\r\n'.repeat(5_000)}\r\n`,
        `POST /api/streams/a HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`,
        `POST /api/streams/a HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        `GET /api/streams/__socket/a HTTP/1.1\r\n${upgrade}\r\n`,
        `GET /api/streams/__socket/%ff?token=x HTTP/1.1\r\n${upgrade}Sec-WebSocket-Key: x\r\n\r\n`,
        `GET http://[/ HTTP/1.1\r\n${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`,
        `CONNECT x:1 HTTP/1.1\r\n${host}\r\n`
      ].map(answerTo)
    );
    for (const line of said) {
      expect(line).toMatch(/^$|^HTTP\/1\.1 4\d\d /);
    }
    await fc.assert(
      fc.asyncProperty(hostileLines, async lines => {
        expect(await answerTo(`${lines.join('\r\n')}\r\n\r\n`)).not.toMatch(/^HTTP\/1.1 5/);
      }),
      { numRuns: 300, seed: 3 }
    );
    expect(await service.fetch('health')).toMatchObject({ agents: [] });
  });
});
