/** Reads requests: who sent them, their body, and the parts of their address. All of it may be hostile. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { StreamPath } from '../../schema/index.js';
import { RUNTIME_ID } from '../core/actors.js';
import { Principal } from '../loop/door.js';
import { refuse, Refused } from './refusal.js';

/** What stands behind `Authorization: Bearer`; empty for nothing. */
export function bearerOf(request: IncomingMessage): string {
  return /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/** Compares in constant time. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(secret));
}

/** Checks the bearer secret in constant time, then the principal that the proxy vouches for. */
export function authenticate(request: IncomingMessage, secret: string): Principal {
  if (!sameSecret(bearerOf(request), secret)) {
    refuse(
      'unauthenticated',
      'Use the API through Jupyter Server, below its URL and colophon/api/.'
    );
  }
  const header = request.headers['colophon-principal'];
  const text = typeof header === 'string' ? Buffer.from(header, 'base64url').toString('utf8') : '';
  const parsed = Principal.safeParse(parseJson(text));
  if (!parsed.success) {
    refuse('unauthenticated', 'The request does not say for whom it is made.');
  }
  return parsed.data;
}

/**
 * A runtime that stores output with its own token, and not through the proxy; undefined for any other
 * request. `streamOf`: whose runtime has the token.
 */
export function runtimeOf(
  { headers, url = '' }: IncomingMessage,
  streamOf: (token: string) => StreamPath | undefined
): Principal | undefined {
  const token = headers['colophon-agent-token'];
  const isUpload = url.startsWith('/api/artifacts/uploads');
  const runtime = isUpload && typeof token === 'string' ? streamOf(token) : undefined;
  return runtime && { username: RUNTIME_ID, may: ['contents:read'], runtime };
}

/** The body as JSON, any value but null. Refuses what is none, and more than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const body = parseJson((await readBytes(request, limit)).toString('utf8'));
  return body ?? refuse('malformed-request', 'The body is not a JSON object.');
}

/** The body as it is. Refuses more than `limit` bytes without reading them. */
export function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const detail = `The body may have ${limit} bytes.`;
    const tooLarge = () => reject(new Refused({ code: 'body-too-large', detail, at: { limit } }));
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        tooLarge();
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => {
      if (!request.complete) {
        reject(new Error('The request ended before its body.'));
      }
    });
    request.on('error', reject);
  });
}

/** The stream that a percent-encoded path names; `encoded` has no leading slash. */
export function parseStreamPath(encoded: string): StreamPath {
  // `a/b`, `a%2Fb`, `/a/b` and `%2Fa%2Fb` name the same stream; nothing or `%2F` is the root.
  return parseStream(`/${decode(encoded).replace(/^\/+/, '')}`);
}

const FORM_OF_PATH =
  'write / or /segment/segment…, of A-Z, a-z, 0-9 and _.~- with no slash at the end, in 1023 characters at most.';

/** The stream of a query parameter. */
export function parseStream(text: string | null): StreamPath {
  const parsed = StreamPath.safeParse(text ?? '');
  return parsed.success
    ? parsed.data
    : refuse('malformed-request', `This is not the path of a stream: ${FORM_OF_PATH}`);
}

/** A whole number of a query, within bounds; undefined if it is absent. */
export function parseNumber(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER
): number | undefined {
  const text = query.get(name);
  if (text === null) {
    return undefined;
  }
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    const bounds = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    refuse('malformed-request', `${name} must be a whole number ${bounds}.`);
  }
  return value;
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refuse('malformed-request', 'The path is not percent-encoded UTF-8.');
  }
}

/** undefined for what is not JSON; the schema behind it then refuses. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
