/**
 * The routes of output that is kept outside documents. Guarantees that nothing of it runs as a script
 * of this server's pages: bytes come in a sandbox, as a file unless they are a picture or plain text.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ArtifactContent, ArtifactName } from '../loop/artifacts.js';
import {
  checked,
  MediaType,
  storeOf,
  UPLOAD_ROUTES,
  type ArtifactDoor
} from './artifact-uploads.js';
import { inlineNotebook } from './inline-notebook.js';
import { permit } from './permit.js';
import { rangeOf } from './range.js';
import { refuse, sendJson } from './refusal.js';
import { parseNumber, parseStream } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

/** Lines, and matches, of one answer. */
export const MOST_LINES = 2_000;
export const MOST_MATCHES = 200;
const LONGEST_TEXT = 1_000;

/** Shown by a browser without harm. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml)|text\/plain)$/;
const SAFE = {
  'Content-Security-Policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer'
};

async function found(
  context: RouteContext,
  { principal, query, rest }: Exchange
): Promise<{ store: ArtifactDoor; name: ArtifactName }> {
  const store = storeOf(context);
  const name = await store.find(principal, parseStream(query.get('stream')), rest);
  return { store, name: typeof name === 'object' ? checked(name) : name };
}

function gone(): never {
  refuse('not-found', 'The bytes have been removed.');
}

async function getBytes(context: RouteContext, exchange: Exchange): Promise<void> {
  const { request, response, query, rest } = exchange;
  const given = query.get('type') ?? 'application/octet-stream';
  const mediaType = MediaType.safeParse(given);
  if (!mediaType.success) {
    refuse('malformed-request', 'type must be a MIME type, as text/plain is.');
  }
  const { store, name } = await found(context, exchange);
  const content = (await store.content.open(name)) ?? gone();
  const range = rangeOf(request.headers.range, content.size);
  if (range.kind === 'unsatisfiable') {
    await content.close();
    response.setHeader('Content-Range', `bytes */${content.size}`);
    refuse('range-unsatisfiable', `There are ${content.size} bytes.`, { size: content.size });
  }
  const { start, end, kind } = range;
  const type = mediaType.data === 'text/plain' ? 'text/plain; charset=utf-8' : mediaType.data;
  response.writeHead(kind === 'part' ? 206 : 200, {
    'Content-Type': type,
    'Content-Length': end - start,
    ...(kind === 'part' && { 'Content-Range': `bytes ${start}-${end - 1}/${content.size}` }),
    'Accept-Ranges': 'bytes',
    // What a hash names never changes; an upload does.
    'Cache-Control': typeof name === 'string' ? 'private, max-age=300' : 'no-store',
    'Content-Disposition': dispositionOf(query.get('download'), mediaType.data, rest),
    ...SAFE
  });
  await send(response, content.read(start, end), content);
}

/** Bytes of another type than the browser shows without harm are always a file. */
function dispositionOf(download: string | null, mediaType: string, id: string): string {
  if (download === null && SHOWN.test(mediaType)) {
    return 'inline';
  }
  const name = (download ?? id).replace(/[\p{C}/\\]/gu, '_').slice(-200) || 'artifact';
  const plain = name.replace(/[^\w. -]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

async function send(
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array | string>,
  content?: ArtifactContent
): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (!response.write(piece) && !response.destroyed) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      if (response.destroyed) {
        break;
      }
    }
    response.end();
  } catch (error) {
    // Half of it must not look like all of it.
    console.error('api: artifacts:', error);
    response.destroy();
  } finally {
    await content?.close();
  }
}

async function getLines(context: RouteContext, exchange: Exchange): Promise<void> {
  const { query, response } = exchange;
  const from = parseNumber(query, 'from', 0) ?? 0;
  const count = parseNumber(query, 'count', 0, MOST_LINES) ?? 500;
  const { store, name } = await found(context, exchange);
  sendJson(response, (await store.content.lines(name, from, count)) ?? gone());
}

async function getMatches(context: RouteContext, exchange: Exchange): Promise<void> {
  const { query, response } = exchange;
  const text = query.get('text') ?? '';
  if (text === '' || text.length > LONGEST_TEXT || text.includes('\n')) {
    refuse('malformed-request', `text must be 1 to ${LONGEST_TEXT} characters of one line.`);
  }
  const matching = query.get('case') ?? 'false';
  if (matching !== 'true' && matching !== 'false') {
    refuse('malformed-request', 'case must be true or false.');
  }
  const from = parseNumber(query, 'from', 0) ?? 0;
  const limit = parseNumber(query, 'limit', 1, MOST_MATCHES) ?? 100;
  const { store, name } = await found(context, exchange);
  const asked = { text, matchCase: matching === 'true', from, limit };
  sendJson(response, (await store.content.search(name, asked)) ?? gone());
}

/** The notebook as it is, as a file without links. */
async function getNotebook(
  context: RouteContext,
  { principal, query, response }: Exchange
): Promise<void> {
  const { door } = context;
  const store = storeOf(context);
  const stream = parseStream(query.get('stream'));
  await permit(door, principal, stream, 'read');
  const head = door.journal.head(stream);
  if (head === 0) {
    refuse('unknown-stream', `There is no notebook with the stream ${stream}.`);
  }
  const { notebook } = checked(door.document(stream, head));
  const pieces = inlineNotebook(
    notebook,
    {
      has: link => store.findLink(stream, link) !== null,
      open: link => {
        const name = store.findLink(stream, link);
        return name === null ? Promise.resolve(null) : store.content.open(name);
      }
    },
    randomUUID()
  );
  response.writeHead(200, {
    'Content-Type': 'application/x-ipynb+json',
    'Content-Disposition': dispositionOf(store.fileName(stream), '', ''),
    'Cache-Control': 'no-store',
    ...SAFE
  });
  await send(response, pieces);
}

const ID = '([^/]+)';

export const ARTIFACT_ROUTES: readonly Route[] = [
  ...UPLOAD_ROUTES,
  { method: 'GET', pattern: /^\/api\/artifacts\/notebook$/, answer: getNotebook },
  { method: 'GET', pattern: new RegExp(`^/api/artifacts/${ID}/lines$`), answer: getLines },
  { method: 'GET', pattern: new RegExp(`^/api/artifacts/${ID}/search$`), answer: getMatches },
  { method: 'GET', pattern: new RegExp(`^/api/artifacts/${ID}$`), answer: getBytes }
];
