/**
 * What a stream holds, up to now, in the form that the reader accepts: server-sent events, JSON
 * Lines, or one JSON page. Read page by page and no faster than the reader takes it.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { published, type Event, type StreamPath } from '../../schema/index.js';
import type { Door } from '../loop/door.js';

export type Form = 'events' | 'lines' | 'page';

/** The form that a request accepts; server-sent events for who does not say. */
export function formOf(request: IncomingMessage): Form {
  const accept = request.headers.accept?.toLowerCase() ?? '';
  if (/application\/(?:x-ndjson|jsonl|json-?lines)\b/.test(accept)) {
    return 'lines';
  }
  return accept.includes('application/json') ? 'page' : 'events';
}

/** The text of one event in a stream of server-sent events. */
export function frameOf(event: Event): string {
  return `id: ${event.offset}\nevent: message\ndata: ${JSON.stringify(published(event))}\n\n`;
}

export interface HistoryRange {
  readonly stream: StreamPath;
  readonly after?: number;
  readonly before?: number;
  /** At most so many events; without `after` the newest. Without either all below `before`. */
  readonly limit?: number;
}

const PAGE = 200;
const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Sends the events and ends the answer. What is appended meanwhile may be among them. */
export async function sendHistory(
  response: ServerResponse,
  journal: Door['journal'],
  range: HistoryRange,
  form: Exclude<Form, 'page'>
): Promise<void> {
  const type = form === 'lines' ? 'application/x-ndjson' : 'text/event-stream; charset=utf-8';
  response.writeHead(200, { 'Content-Type': type, 'X-Accel-Buffering': 'no', ...HEADERS });
  const write = form === 'lines' ? lineOf : frameOf;
  for (const page of pages(journal, range)) {
    if (!response.write(page.map(write).join('')) && !response.destroyed) {
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    if (response.destroyed) {
      return;
    }
  }
  response.end();
}

function lineOf(event: Event): string {
  return `${JSON.stringify(published(event))}\n`;
}

function* pages(journal: Door['journal'], range: HistoryRange): Generator<Event[]> {
  const { stream, before, limit } = range;
  let left = limit ?? Infinity;
  let after = range.after ?? startOf(journal, range);
  while (left > 0) {
    const events = journal.read(stream, {
      after,
      ...(before !== undefined && { before }),
      limit: Math.min(PAGE, left)
    });
    if (events.length === 0) {
      return;
    }
    yield events;
    left -= events.length;
    after = events.at(-1)?.offset ?? after;
  }
}

/** Behind which offset the newest `limit` events begin: a stream may have let some of its events go. */
function startOf(journal: Door['journal'], { stream, before, limit = 0 }: HistoryRange): number {
  let first = before ?? journal.head(stream) + 1;
  for (let left = limit; left > 0; left -= PAGE) {
    const page = journal.read(stream, { before: first, limit: Math.min(PAGE, left) });
    first = page[0]?.offset ?? first;
  }
  return first - 1;
}
