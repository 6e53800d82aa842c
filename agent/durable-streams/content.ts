/**
 * What a stream's content type means for its bytes: where messages begin and end, and how a range of
 * them is sent. The text of a JSON message is kept as it was written, digit for digit.
 */
import { refuse } from './refusal.js';

const JSON_TYPE = 'application/json';

/** The media type alone, in lower case; what follows a semicolon does not tell streams apart. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Is this a well-formed content type? */
export function isContentType(text: string): boolean {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+$/.test(mediaType(text));
}

/** Do streams of this type keep the boundaries of messages? */
export function isJson(contentType: string): boolean {
  return mediaType(contentType) === JSON_TYPE;
}

/** Can events of this type be sent as text? All others are sent as base64. */
export function isText(contentType: string): boolean {
  return isJson(contentType) || mediaType(contentType).startsWith('text/');
}

/** What one body adds to a stream: each part is stored as one row of so many units. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly units: number;
}

/** The parts of a body; an array of JSON is one message for each element. Refuses what is not JSON. */
export function partsOf(contentType: string, body: Buffer): Part[] {
  if (body.length === 0) {
    return [];
  }
  if (!isJson(contentType)) {
    return [{ bytes: body, units: body.length }];
  }
  const text = decodeText(body);
  const value = parseJson(text);
  const messages = Array.isArray(value) ? elements(text) : [text.trim()];
  return messages.map(message => ({ bytes: Buffer.from(message, 'utf8'), units: 1 }));
}

/** The body that carries these rows. */
export function joined(contentType: string, rows: readonly Uint8Array[]): Buffer {
  if (!isJson(contentType)) {
    return Buffer.concat(rows);
  }
  const texts = rows.map(row => Buffer.from(row).toString('utf8'));
  return Buffer.from(`[${texts.join(',')}]`, 'utf8');
}

function decodeText(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return refuse(400, 'The body is not UTF-8; send JSON as UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse(400, 'The body is not valid JSON; send one value, or an array of messages.');
  }
}

/** The texts of the elements of a valid JSON array. */
function elements(text: string): string[] {
  const inner = text.trim().slice(1, -1);
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of inner.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    if (token === '[' || token === '{') {
      depth += 1;
    } else if (token === ']' || token === '}') {
      depth -= 1;
    } else if (token === ',' && depth === 0) {
      found.push(inner.slice(start, index).trim());
      start = index + 1;
    }
  }
  const last = inner.slice(start).trim();
  return last === '' ? found : [...found, last];
}
