/** Any request, to every address of `colophon serve`: no server error, and the service lives. */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Problem } from '../../schema/index.js';
import { bundleService } from './bundled-service.js';
import { JournalService } from './journal-service.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-fuzz-'));
let service: JournalService;

beforeAll(async () => {
  const program = await bundleService(scratch);
  service = new JournalService({ program, dir: join(scratch, 'data') });
  await service.start();
});
afterAll(async () => {
  service.close();
  await service.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const NAMES = [
  ...['api', 'streams', 'v1', 'stream', 'commands', 'health', 'views', 'cells', 'record', 'query'],
  ...[
    '__state',
    '__redact',
    '__children',
    '__subscribers',
    '__ds',
    'subscriptions',
    'ack',
    'claim'
  ],
  ...[
    'openapi.json',
    'docs',
    'events',
    'export',
    'import',
    'a',
    'b',
    '..',
    '.',
    '%2F',
    '%00',
    '%ff'
  ]
];
const TYPES = [
  ...['stream.paused', 'stream.resumed', 'stream.limit-configured', 'stream.made-public'],
  ...['access.granted', 'access.revoked', 'schedule.configured', 'schedule.cancelled'],
  ...['subscription.configured', 'subscription.removed', 'transformer.configured', 'noted'],
  ...['execution.finished', 'stream.closed', 'stream.retention-configured', '__proto__']
];
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  fc.string({ maxLength: 8 }).map(encodeURIComponent)
);
const address = fc.oneof(
  fc.array(segment, { maxLength: 5 }),
  fc.array(segment, { maxLength: 3 }).map(rest => ['api', 'streams', ...rest]),
  fc.array(segment, { maxLength: 3 }).map(rest => ['v1', 'stream', ...rest])
);
const value = fc.oneof(
  fc.string(),
  fc.integer().map(String),
  fc.constantFrom('start', 'end', '-1', '1e9', '99999999999999999999', 'true', '0000000000_1', '{"')
);
const query = fc.array(
  fc.tuple(
    fc.constantFrom(
      'afterOffset',
      'beforeOffset',
      'limit',
      'stream',
      'offset',
      'cursor',
      'children'
    ),
    value
  ),
  { maxLength: 3 }
);
const NAMED = [
  ...['Accept', 'Content-Type', 'Last-Event-ID', 'Colophon-Project', 'If-None-Match', 'Stream-Seq'],
  ...['Producer-Id', 'Producer-Epoch', 'Producer-Seq', 'Stream-TTL', 'Stream-Expires-At'],
  ...['Stream-Closed', 'Stream-Forked-From', 'Stream-Fork-Offset', 'Range']
];
const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(...NAMED),
      fc.oneof(
        fc.constantFrom('application/json', 'text/plain', '/v1/stream/a', '2030-01-01T00:00:00Z'),
        value.map(text => text.replaceAll(/[^ -~]/g, '').trim())
      )
    ),
    { maxLength: 4 }
  )
  .map(pairs => Object.fromEntries(pairs));
const body = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc
    .record({
      type: fc.oneof(fc.constantFrom(...TYPES), fc.string()),
      payload: fc.oneof(
        fc.object({ maxDepth: 2 }),
        fc.dictionary(
          fc.constantFrom('slug', 'url', 'cron', 'every', 'at', 'filter', 'reason', 'events', 'to'),
          fc.oneof(
            fc.string(),
            fc.integer(),
            fc.constantFrom('* * * * *', '$$', 'http://127.0.0.1/')
          )
        )
      )
    })
    .map(event => JSON.stringify(event))
);

it(
  '[J26] answers any request without a server error, and lives',
  { timeout: 120_000 },
  async () => {
    const { port, token } = service.door;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
        ...([address, query, headers, body] as const),
        async (method, segments, parameters, named, text) => {
          const url = `http://127.0.0.1:${port}/${segments.join('/')}?${new URLSearchParams(parameters)}`;
          const answer = await fetch(url, {
            ...{ method, signal: AbortSignal.timeout(20_000) },
            headers: { ...named, Authorization: `Bearer ${token}` },
            ...(method !== 'GET' && method !== 'HEAD' && { body: text })
          });
          const said = await answer.text();
          expect(`${method} ${url} ${answer.status} ${said.slice(0, 300)}`).not.toMatch(/ 5\d\d /);
          if (!answer.ok && segments[0] === 'api' && method !== 'HEAD') {
            Problem.parse(JSON.parse(said));
          }
        }
      ),
      { numRuns: 1500 }
    );
    expect(service.output).toBe('');
    expect(service.running).toBe(true);
  }
);

it('[J26] lives through what is no HTTP at all', { timeout: 60_000 }, async () => {
  const { port, token } = service.door;
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      ...['GET /api/streams/a?live=true HTTP/1.1', 'POST /api/streams/a HTTP/1.1', 'Host: x', ''],
      ...['Content-Length: 10', 'Content-Length: -1', 'Transfer-Encoding: chunked', 'zz', '5'],
      ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', '{"type":"x"}'],
      ...['Expect: 100-continue', `Authorization: Bearer ${token}`, 'Sec-WebSocket-Key: eA==']
    )
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), async lines => {
      const socket = connect(port, '127.0.0.1');
      let heard = '';
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.end(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
      socket.setTimeout(200, () => socket.destroy());
      await once(socket, 'close');
      expect(heard).not.toMatch(/^HTTP\/1.1 5/m);
    }),
    { numRuns: 300 }
  );
  expect((await service.send('GET', 'health')).status).toBe(200);
  expect(service.output).toBe('');
});
