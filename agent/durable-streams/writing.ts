/** Requests that change a stream or ask for its head, as HTTP: PUT, POST, DELETE and HEAD. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isContentType } from './content.js';
import type { Caller } from './caller.js';
import type { DurableStreams } from './durable-streams.js';
import { header, isTrue, readBody, send } from './http.js';
import { lifetimeOf } from './lifetime.js';
import { formatOffset, parseOffset } from './offsets.js';
import { producerOf } from './producers.js';
import { refuse } from './refusal.js';
import type { StreamRow } from './stream-row.js';
import type { ForkRequest } from './changes.js';

/** Creates a stream or a fork. */
export async function answerCreate(
  context: DurableStreams,
  caller: Caller,
  path: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const given = header(request, 'content-type')?.trim();
  const asked = {
    contentType: given !== undefined && isContentType(given) ? given : undefined,
    lifetime: lifetimeOf(header(request, 'stream-ttl'), header(request, 'stream-expires-at')),
    closed: isTrue(request, 'stream-closed'),
    fork: forkOf(context, request),
    body: await readBody(request)
  };
  const { stream, created } = context.streams.create(path, asked, caller);
  send(response, created ? 201 : 200, {
    'Content-Type': stream.content_type,
    ...position(stream),
    'Cache-Control': 'no-store',
    ...(created && { Location: `${context.root}/${path}` })
  });
}

/** Appends to a stream, or closes it, or both. */
export async function answerAppend(
  context: DurableStreams,
  caller: Caller,
  path: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const producer = producerOf(
    header(request, 'producer-id'),
    header(request, 'producer-epoch'),
    header(request, 'producer-seq')
  );
  const body = await readBody(request);
  const asked = {
    contentType: header(request, 'content-type'),
    body,
    closing: isTrue(request, 'stream-closed'),
    seq: header(request, 'stream-seq'),
    producer
  };
  const appended = context.streams.append(path, asked, caller);
  const fresh = producer !== undefined && !appended.duplicate && body.length > 0;
  send(response, fresh ? 200 : 204, {
    ...position(appended.stream),
    'Cache-Control': 'no-store',
    ...(producer && {
      'Producer-Epoch': String(producer.epoch),
      'Producer-Seq': String(appended.producerSeq ?? producer.seq)
    })
  });
}

/** Tells where a stream ends and how long it lives, without using it. */
export function answerHead(context: DurableStreams, path: string, response: ServerResponse): void {
  const stream = context.streams.find(path);
  response.writeHead(200, {
    'Content-Type': stream.content_type,
    ...position(stream),
    'Cache-Control': 'no-store',
    ...(stream.ttl !== null && { 'Stream-TTL': String(stream.ttl) }),
    ...(stream.expires_at !== null && { 'Stream-Expires-At': stream.expires_at })
  });
  response.end();
}

/** Deletes a stream. */
export function answerDelete(
  context: DurableStreams,
  caller: Caller,
  path: string,
  response: ServerResponse
): void {
  context.streams.delete(path, caller);
  send(response, 204, { 'Cache-Control': 'no-store' });
}

function position(stream: StreamRow): Record<string, string> {
  return {
    'Stream-Next-Offset': formatOffset(stream.tail),
    ...(stream.closed === 1 && { 'Stream-Closed': 'true' })
  };
}

function forkOf(context: DurableStreams, request: IncomingMessage): ForkRequest | undefined {
  const from = header(request, 'stream-forked-from');
  const offset = header(request, 'stream-fork-offset');
  const sub = header(request, 'stream-fork-sub-offset');
  if (from === undefined) {
    return offset === undefined && sub === undefined
      ? undefined
      : refuse(400, 'Send Stream-Forked-From with the offset of a fork.');
  }
  const anchor = offset === undefined ? undefined : parseOffset(offset);
  if (offset !== undefined && anchor === undefined) {
    return refuse(400, 'Stream-Fork-Offset must be an offset that the server gave.');
  }
  if (sub !== undefined && !/^(0|[1-9]\d{0,14})$/.test(sub)) {
    return refuse(400, 'Stream-Fork-Sub-Offset must be a whole number without leading zeros.');
  }
  const count = Number(sub ?? 0);
  if (count > 0 && anchor === undefined) {
    return refuse(400, 'Send Stream-Fork-Offset with Stream-Fork-Sub-Offset.');
  }
  return { path: context.pathOf(from) ?? from, anchor, sub: count };
}
