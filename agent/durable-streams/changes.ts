/** The changes that can be asked of streams, and when a stream is already what a request asks for. */
import { isContentType, isJson, mediaType, partsOf, type Part } from './content.js';
import { sameLifetime, type Lifetime } from './lifetime.js';
import type { ProducerBatch } from './producers.js';
import { refuse } from './refusal.js';
import type { StreamRow } from './stream-row.js';

/** What a PUT asks for. */
export interface Creation {
  readonly contentType: string | undefined;
  readonly lifetime: Lifetime;
  readonly closed: boolean;
  readonly body: Buffer;
  readonly fork: ForkRequest | undefined;
}

/** Where a fork leaves its source; without `anchor`, at its tail. `sub` counts on from the anchor. */
export interface ForkRequest {
  readonly path: string;
  readonly anchor: number | undefined;
  readonly sub: number;
}

/** What a POST asks for. */
export interface Append {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly closing: boolean;
  readonly seq: string | undefined;
  readonly producer: ProducerBatch | undefined;
}

export interface Appended {
  readonly stream: StreamRow;
  /** Nothing was added: the stream had it already. */
  readonly duplicate: boolean;
  /** Highest number taken of the producer. */
  readonly producerSeq: number | undefined;
}

/** Told inside the transaction of what is about to be appended, and after it. */
export interface AppendListener {
  /** Whether anybody may follow streams that the protocol was not yet used for. */
  follows(): boolean;
  before(path: string, tail: number): void;
  after(path: string): void;
}

/** The existing stream, if it is as asked for. Refuses with 409 if it is not. */
export function matching(existing: StreamRow, asked: Creation): StreamRow {
  const { fork, lifetime } = asked;
  const sameFork =
    fork === undefined
      ? existing.source_path === null
      : existing.source_path === fork.path &&
        (fork.anchor === undefined || existing.fork_position === fork.anchor + fork.sub);
  const inherits = fork !== undefined && lifetime.ttl === null && lifetime.expires_at === null;
  const contentType = asked.contentType ?? (fork ? existing.content_type : undefined);
  const same =
    existing.deleted === 0 &&
    sameFork &&
    (existing.closed === 1) === asked.closed &&
    mediaType(contentType ?? 'application/octet-stream') === mediaType(existing.content_type) &&
    (inherits || sameLifetime(existing, lifetime));
  return same ? existing : refuse(409, 'A stream with another configuration is at this path.');
}

/** What the body adds to an open stream; refuses a body of another type or without a message. */
export function partsFor(stream: StreamRow, { contentType, body }: Append): Part[] {
  if (contentType === undefined || !isContentType(contentType)) {
    return refuse(400, 'Send the Content-Type of the stream with the body.');
  }
  if (mediaType(contentType) !== mediaType(stream.content_type)) {
    return refuse(409, `The stream is of the type ${stream.content_type}.`);
  }
  const parts = partsOf(stream.content_type, body);
  return parts.length > 0 || !isJson(stream.content_type)
    ? parts
    : refuse(400, 'An empty array has no message; send at least one.');
}
