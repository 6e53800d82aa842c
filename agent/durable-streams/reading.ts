/** Reads of a stream: what is there, and by long-poll what comes next. SSE is in event-stream.ts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayStill, type Caller } from './caller.js';
import { joined } from './content.js';
import { nextCursor } from './cursors.js';
import type { DurableStreams } from './durable-streams.js';
import { sendEvents } from './event-stream.js';
import { header, send } from './http.js';
import { formatOffset, parseOffset } from './offsets.js';
import type { StreamRow } from './stream-row.js';
import { refuse } from './refusal.js';

/** About how many bytes one answer carries; a row is never cut. */
const ANSWER_BYTES = 1024 * 1024;
const CACHED = 'private, max-age=60, stale-while-revalidate=300';

/** Answers a GET. */
export function answerRead(
  context: DurableStreams,
  caller: Caller,
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse
): void {
  const stream = context.streams.find(path);
  const live = query.get('live');
  const offsets = query.getAll('offset');
  if (live !== null && live !== 'long-poll' && live !== 'sse') {
    refuse(400, 'live must be long-poll or sse.');
  }
  if (offsets.length > 1 || (live !== null && offsets.length === 0)) {
    refuse(400, 'Send one offset: -1, now, or one that the server gave.');
  }
  const offset = offsets[0] ?? '-1';
  const from = positionOf(stream, offset);
  context.streams.touch(stream);
  if (live === 'sse') {
    sendEvents(context, caller, stream, from, query.get('cursor'), response);
  } else if (live === 'long-poll') {
    poll(context, caller, stream, from, query.get('cursor'), response);
  } else if (offset === 'now') {
    const headers = { ...describe(stream, stream.tail), 'Cache-Control': 'no-store' };
    send(response, 200, headers, joined(stream.content_type, []));
  } else {
    catchUp(context, stream, from, request, response);
  }
}

function positionOf(stream: StreamRow, offset: string): number {
  if (offset === '-1') {
    return 0;
  }
  const position = offset === 'now' ? stream.tail : parseOffset(offset);
  if (position === undefined || position > stream.tail) {
    return refuse(400, 'offset must be -1, now, or one that the server gave for this stream.');
  }
  return position;
}

function catchUp(
  context: DurableStreams,
  stream: StreamRow,
  from: number,
  request: IncomingMessage,
  response: ServerResponse
): void {
  const { rows, end } = context.streams.read(stream, from, ANSWER_BYTES);
  const etag = etagOf(stream, from, end);
  const headers = { ...describe(stream, end), ETag: etag, 'Cache-Control': cacheControl(stream) };
  const known = (header(request, 'if-none-match') ?? '').split(',').map(tag => tag.trim());
  if (known.includes(etag)) {
    send(response, 304, headers);
  } else {
    send(response, 200, headers, joined(stream.content_type, rows));
  }
}

/** Answers with what there is behind the position, or with what comes, or with nothing in time. */
function poll(
  context: DurableStreams,
  caller: Caller,
  stream: StreamRow,
  from: number,
  cursor: string | null,
  response: ServerResponse
): void {
  const cursorHeader = () => ({ 'Stream-Cursor': nextCursor(cursor, context.clock, context.ids) });
  const attempt = (last: boolean): boolean => {
    if (!mayStill(caller)) {
      send(response, 403, { 'Cache-Control': 'no-store' });
      return true;
    }
    const current = context.streams.records.byId(stream.id);
    if (current === undefined || current.deleted !== 0) {
      send(response, 404, { 'Cache-Control': 'no-store' });
      return true;
    }
    const { rows, end } = context.streams.read(current, from, ANSWER_BYTES);
    if (end > from) {
      const caching = { ETag: etagOf(current, from, end), 'Cache-Control': cacheControl(current) };
      const headers = { ...describe(current, end), ...cursorHeader(), ...caching };
      send(response, 200, headers, joined(current.content_type, rows));
    } else if (last || current.closed === 1) {
      const headers = { ...describe(current, current.tail), ...cursorHeader() };
      send(response, 204, { ...headers, 'Cache-Control': 'no-store' });
    } else {
      return false;
    }
    return true;
  };
  if (attempt(false)) {
    return;
  }
  const stop = () => {
    unwatch();
    cancel();
  };
  const unwatch = context.streams.watchers.add(stream.path, () => {
    if (attempt(false)) {
      stop();
    }
  });
  const cancel = context.clock.after(context.longPollMs, () => {
    stop();
    attempt(true);
  });
  response.on('close', stop);
}

/** The headers that every answer to a read has, for a reader that is then at `end`. */
function describe(stream: StreamRow, end: number): Record<string, string> {
  const atTail = end >= stream.tail;
  return {
    'Content-Type': stream.content_type,
    'Stream-Next-Offset': formatOffset(end),
    ...(atTail && { 'Stream-Up-To-Date': 'true' }),
    ...(atTail && stream.closed === 1 && { 'Stream-Closed': 'true' })
  };
}

function etagOf(stream: StreamRow, from: number, end: number): string {
  const closed = stream.closed === 1 && end >= stream.tail ? ':c' : '';
  return `"${stream.id}:${from}:${end}${closed}"`;
}

/** What expires soon is not kept for long. */
function cacheControl(stream: StreamRow): string {
  return stream.deadline === null ? CACHED : 'private, no-cache';
}
