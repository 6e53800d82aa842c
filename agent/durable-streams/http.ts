/** The plain HTTP of this adapter: bodies, headers and answers. Every answer is safe for browsers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse, type Refused } from './refusal.js';

const BODY_LIMIT = 32 * 1024 * 1024;

const EXPOSED = [
  'ETag',
  'Location',
  'Stream-Next-Offset',
  'Stream-Cursor',
  'Stream-Up-To-Date',
  'Stream-Closed',
  'Stream-TTL',
  'Stream-Expires-At',
  'Stream-SSE-Data-Encoding',
  'Producer-Epoch',
  'Producer-Seq',
  'Producer-Expected-Seq',
  'Producer-Received-Seq'
].join(', ');

const ALLOWED = [
  'Authorization',
  'Content-Type',
  'If-None-Match',
  'Stream-Seq',
  'Stream-TTL',
  'Stream-Expires-At',
  'Stream-Closed',
  'Stream-Forked-From',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Producer-Id',
  'Producer-Epoch',
  'Producer-Seq'
].join(', ');

/** Sets what every answer carries. */
export function setCommonHeaders(response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', EXPOSED);
}

/** Answers a browser that asks what it may send. */
export function sendPreflight(response: ServerResponse): void {
  send(response, 204, {
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
    'Access-Control-Allow-Headers': ALLOWED,
    'Access-Control-Max-Age': '86400'
  });
}

/** A header's text; undefined if it is absent. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Is the header present with the one value that counts? */
export function isTrue(request: IncomingMessage, name: string): boolean {
  return header(request, name)?.toLowerCase() === 'true';
}

/** The whole body. Refuses with 413 what is too large. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) {
      refuse(413, `A body has at most ${BODY_LIMIT} bytes; send it in several appends.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as an object of JSON; {} for none. Refuses anything else. */
export async function readObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await readBody(request);
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    return refuse(400, 'The body is not valid JSON.');
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(400, 'The body must be an object of JSON.');
}

/** Sends an answer, whole. */
export function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer
): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': body?.length ?? 0 };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}

/** Sends JSON that no cache keeps. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {}
): void {
  const body = Buffer.from(JSON.stringify(value), 'utf8');
  const common = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  send(response, status, { ...common, ...headers }, body);
}

/** Answers a refusal with its reason. Does nothing to an answer that has begun. */
export function sendRefusal(response: ServerResponse, { status, message, headers, body }: Refused) {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const type = body === undefined ? { 'Content-Type': 'application/problem+json' } : {};
  const problem = { type: 'about:blank', status, detail: message };
  sendJson(response, status, body ?? problem, { ...type, ...headers });
}
