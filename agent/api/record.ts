/**
 * The routes that put the record to use: questions in SQL, exports and checkpoints. They show of it
 * what the person may read, and nothing else: a query sees their streams alone.
 */
import { once } from 'node:events';
import { z } from 'zod';
import type { StreamPath } from '../../schema/index.js';
import { reasonOf } from '../core/explain.js';
import { EXPORT_FORMATS } from '../loop/record.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseNumber, parseStream, readBody } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

const LARGEST_QUERY = 200_000;

/** A body of `POST /api/query`. */
export const QueryBody = z.strictObject({
  sql: z
    .string()
    .min(1)
    .max(100_000)
    .describe('One SELECT over events, cells, executions, outputs, actors and streams.'),
  parameters: z
    .union([
      z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    ])
    .optional()
    .describe('Values of `?` in order, or of `:name` by name.'),
  maxRows: z.int().min(1).max(10_000).default(1000).describe('At most so many rows are given.'),
  timeoutMs: z.int().min(1).max(60_000).default(10_000).describe('Milliseconds it may take.')
});

/** Its answer. */
export const QueryAnswer = z.strictObject({
  columns: z.array(z.string()),
  rows: z
    .array(z.array(z.union([z.string(), z.number(), z.null()])))
    .describe('Bytes as base64, whole numbers beyond 2^53 in digits.'),
  truncated: z.boolean().describe('There were more rows, or longer texts, than are given.'),
  elapsedMs: z.number().min(0)
});

async function postQuery(
  { door, record }: RouteContext,
  { request, response, principal }: Exchange
): Promise<void> {
  const parsed = QueryBody.safeParse(await readBody(request, LARGEST_QUERY));
  if (!parsed.success) {
    refuse('malformed-request', `This is not a query: ${explain(parsed.error)}.`);
  }
  const readable = await door.streams.visible(principal, door.journal.streams());
  const streams = readable.map(({ stream }) => stream);
  const { parameters, ...rest } = parsed.data;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const asked = { ...rest, ...(parameters && { parameters }), streams };
  const answer = await record.query(asked, gone.signal);
  if ('failure' in answer) {
    const { code, detail, at } = answer.failure;
    refuse(code, detail, at && { ...at });
  }
  sendJson(response, answer);
}

const FORMS = {
  jsonl: { type: 'application/jsonl', name: 'jsonl' },
  csv: { type: 'text/csv; charset=utf-8; header=present', name: 'csv' },
  prov: { type: 'application/json', name: 'prov.json' },
  crate: { type: 'application/zip', name: 'crate.zip' }
} as const;

async function getExport(
  { door, record }: RouteContext,
  { principal, query, response }: Exchange
): Promise<void> {
  const stream = parseStream(query.get('stream'));
  const format = EXPORT_FORMATS.find(each => each === (query.get('format') ?? 'jsonl'));
  if (format === undefined) {
    refuse('malformed-request', `format must be one of ${EXPORT_FORMATS.join(', ')}.`);
  }
  const access = await door.streams.access(principal, stream, 'read');
  if ('rejection' in access) {
    const { code, detail, at } = access.rejection;
    refuse(code, detail, at);
  }
  if (door.journal.head(stream) === 0) {
    refuse('unknown-stream', `Nothing has happened in ${stream}.`);
  }
  const exporting = record.export(stream, format);
  response.once('close', () => exporting.cancel());
  const pieces = exporting.bytes[Symbol.asyncIterator]();
  const first = await pieces.next().catch((error: unknown) => {
    refuse('query-unavailable', reasonOf(error));
  });
  response.writeHead(200, {
    'Content-Type': FORMS[format].type,
    'Content-Disposition': `attachment; filename="${nameOf(stream)}.${FORMS[format].name}"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff'
  });
  try {
    for (let piece = first; piece.done !== true; piece = await pieces.next()) {
      if (!response.write(piece.value)) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
    response.end();
  } catch {
    // Half an export must not look like a whole one.
    response.destroy();
  }
}

/** Whoever may use the journal may see it: a checkpoint tells of no event what it says. */
async function getHead({ record }: RouteContext, { query, response }: Exchange): Promise<void> {
  const from = parseNumber(query, 'from', 0) ?? 0;
  const head = await record.head(from);
  if ('colophon' in head) {
    sendJson(response, head);
  } else if ('busy' in head) {
    const detail = `${head.busy} answers are on their way already. Ask again when one has come.`;
    refuse('query-unavailable', detail);
  } else if (head.signed === 0) {
    const detail =
      'Nothing is signed yet: the first checkpoint comes a minute after the first event.';
    refuse('not-found', detail);
  } else {
    const detail = `Only ${head.signed} events are signed, and you ask about ${from}: the checkpoint you know is of another journal, or events were removed.`;
    refuse('not-found', detail);
  }
}

const nameOf = (stream: StreamPath) =>
  stream.slice(1).replaceAll('/', '-').slice(-100) || 'journal';

export const RECORD_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/api\/record$/, answer: getHead },
  { method: 'POST', pattern: /^\/api\/query$/, answer: postQuery },
  { method: 'GET', pattern: /^\/api\/export$/, answer: getExport }
];
