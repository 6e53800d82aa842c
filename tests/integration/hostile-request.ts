/** Requests that nobody should make, to every door of the service. */
import fc from 'fast-check';

const path = fc.oneof(
  ...['here', 'log', 'none', '%2Fhere', '', '__ds', '..', 'a//b', '%ff', '%00'].map(fc.constant),
  fc.string({ unit: 'binary', maxLength: 8 }).map(text => encodeURIComponent(text.toWellFormed()))
);
/** Addresses of every door; what follows is the path of a stream. */
const API = [
  'streams/',
  'streams/__state/',
  'streams/__redact/',
  'streams/__consumers/',
  'streams/__socket/'
];
const FIXED = [
  'query',
  'export',
  'streams',
  'health',
  'commands',
  'openapi.json',
  'event-types',
  'event-types/x/schema'
];
const address = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        ...API.map(each => `api/${each}`),
        'v1/stream/',
        'v1/stream/__ds/subscriptions/'
      ),
      path
    )
    .map(parts => parts.join('')),
  fc.constantFrom(...FIXED.map(each => `api/${each}`))
);
const value = fc.oneof(
  fc.constantFrom(
    '/here',
    '/',
    'start',
    'end',
    '0',
    '1',
    '-1',
    '1e9',
    '99999999999999999999',
    'true',
    'false',
    'prov',
    'crate',
    'csv',
    'now',
    'a b'
  ),
  fc.string({ maxLength: 12 })
);
const NAMES = [
  'afterOffset',
  'beforeOffset',
  'limit',
  'consumer',
  'stream',
  'format',
  'prefix',
  'depth',
  'children',
  'confirm',
  'offset',
  'cursor',
  'token'
];
const query = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 3 });

const slug = fc.oneof(fc.constantFrom('a', '__proto__', ''), fc.string({ maxLength: 5 }));
const odd = fc.oneof(
  fc.json({ maxDepth: 3 }).map(text => JSON.parse(text) as unknown),
  fc.bigInt({ min: 0n, max: 9n ** 20n }).map(Number)
);
const SCHEDULES = [
  ...[
    { kind: 'every', seconds: 1e-9 },
    { kind: 'every', seconds: 0 },
    { kind: 'after', seconds: 1e300 }
  ],
  ...[
    { kind: 'at', at: '0000-01-01T00:00:00Z' },
    { kind: 'at', at: '9999-12-31T23:59:59Z' }
  ],
  ...[
    { kind: 'cron', cron: '* * * * * *', timeZone: 'x' },
    { kind: 'cron', cron: '@yearly', timeZone: '' }
  ]
];
const text = JSON.stringify;
/** What a body might say to one of the doors, or to none. */
const body = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.json({ maxDepth: 4 }),
  fc.constantFrom(
    `${'['.repeat(60_000)}`,
    `{"type":"x","payload":{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}}`,
    '{"type":"x","payload":{"n":1e999}}'
  ),
  fc
    .record(
      {
        type: fc.constantFrom('x', '\ud800', '__proto__', 'stream.paused', 'cell.moved'),
        payload: odd,
        metadata: odd,
        idempotencyKey: odd,
        expectedOffset: odd
      },
      { requiredKeys: ['type'] }
    )
    .map(text),
  fc
    .record({
      slug,
      append: fc.record(
        { type: fc.constantFrom('t', 'stream.resumed', 'schedule.configured'), payload: odd },
        { requiredKeys: ['type'] }
      ),
      schedule: fc.oneof(fc.constantFrom(...SCHEDULES), odd)
    })
    .map(payload => text({ type: 'schedule.configured', payload })),
  fc
    .record({
      slug,
      filter: fc.oneof(
        fc.constantFrom('true', '$', '(', '$eval("1")'),
        fc.string({ maxLength: 6 })
      ),
      transform: fc.string({ maxLength: 6 })
    })
    .map(payload => text({ type: 'transformer.configured', payload })),
  fc
    .record(
      {
        sql: fc.oneof(
          fc.constantFrom(
            'SELECT * FROM events',
            'SELECT',
            "ATTACH '/tmp/x' AS y",
            ';',
            'PRAGMA user_version'
          ),
          fc.string({ maxLength: 10 })
        ),
        parameters: odd,
        maxRows: odd,
        timeoutMs: fc.constantFrom(0, 1, 50, '1')
      },
      { requiredKeys: ['sql'] }
    )
    .map(text),
  fc.record({ offset: odd, reason: fc.string({ maxLength: 5 }) }, { requiredKeys: [] }).map(text),
  fc
    .record({ specversion: fc.constantFrom('1.0', 1), id: odd, source: odd, type: odd, data: odd })
    .map(text)
);
const TYPES = [
  'application/json',
  'application/cloudevents+json',
  'text/plain',
  'application/octet-stream',
  'x',
  ''
];
const NAMED = [
  ...['Accept', 'Last-Event-ID', 'If-None-Match', 'Stream-Seq', 'Range'],
  ...['Producer-Id', 'Producer-Epoch', 'Producer-Seq', 'Stream-TTL', 'Stream-Expires-At'],
  ...['Stream-Closed', 'Stream-Forked-From', 'Stream-Fork-Offset']
];
const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(...NAMED),
      fc.oneof(
        fc.constantFrom('application/json', 'text/plain', '/v1/stream/log', '2030-01-01T00:00:00Z'),
        value.map(said => said.replaceAll(/[^ -~]/g, '').trim())
      )
    ),
    { maxLength: 3 }
  )
  .map(pairs => Object.fromEntries(pairs));
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'];

/** Method, address below the root, query, body, content type and other headers. */
export const hostileRequest = fc.tuple(
  fc.constantFrom(...METHODS),
  address,
  query,
  body,
  fc.constantFrom(...TYPES),
  headers
);

/** Lines of what may be HTTP, or not. */
export const hostileLines = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      ...['GET /api/streams/a?live=true HTTP/1.1', 'POST /api/streams/a HTTP/1.1', 'Host: x', ''],
      ...['Content-Length: 10', 'Content-Length: -1', 'Transfer-Encoding: chunked', 'zz', '5'],
      ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', '{"type":"x"}'],
      ...['Expect: 100-continue', 'Authorization: Bearer x', 'Sec-WebSocket-Key: eA==']
    )
  ),
  { maxLength: 8 }
);
