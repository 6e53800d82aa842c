/**
 * What anybody may post to any stream. Guarantees: a post is answered once it is durable; the same
 * idempotency key in a stream gives the stored event; a body that is no event is kept as
 * `invalid-event-appended`, so that any webhook can be posted; a paused stream takes nothing and
 * keeps nothing of what it refused. Our own facts cannot be posted.
 */
import { ZodError } from 'zod';
import { Fact, fileIdOf, Post, POSTABLE_FACTS } from '../../schema/index.js';
import type { Actor, CommandId, Draft, Json, Rejection, StreamPath } from '../../schema/index.js';
import { decidePost, evolveGate, OPEN_GATE, type StreamGate } from '../core/stream/breaker.js';
import type { Appended, Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { PostAnswer } from './door.js';
import type { Session } from './session.js';

export interface PostContext {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  /** What folds a notebook's stream, and so has to append to it. */
  readonly session: (stream: StreamPath) => Pick<Session, 'append'>;
}

const REFUSALS = '/refusals';
const OURS: ReadonlySet<string> = new Set(
  Fact.options.map(({ shape }): string => shape.type.value)
);
/** So many streams have their gate in memory; of the others it is read again when it is needed. */
const GATES = 10_000;

export class Posts {
  readonly #context: PostContext;
  readonly #gates = new Map<StreamPath, StreamGate>();
  readonly #pending = new Map<CommandId, Promise<PostAnswer>>();

  constructor(context: PostContext) {
    this.#context = context;
  }

  /** Appends the body of a request as this actor. */
  post(stream: StreamPath, body: Json, actor: Actor): Promise<PostAnswer> {
    const refusal = this.#notForPosts(stream);
    if (refusal !== null) {
      return Promise.resolve({ rejection: refusal });
    }
    const post = readPost(body);
    const { idempotencyKey: key } = post;
    if (key === undefined) {
      return this.#append(stream, post, actor);
    }
    const command = `posted ${stream} ${key}` as CommandId;
    const pending = this.#pending.get(command);
    if (pending !== undefined) {
      return pending;
    }
    const [stored] = this.#context.journal.answered(command) ?? [];
    if (stored !== undefined) {
      return Promise.resolve({ event: stored });
    }
    const answer = this.#append(stream, post, actor, command).finally(() =>
      this.#pending.delete(command)
    );
    this.#pending.set(command, answer);
    return answer;
  }

  /** Whether the stream takes events, and its limit. */
  gate(stream: StreamPath): StreamGate {
    const known = this.#gates.get(stream);
    return (
      known ?? this.#context.journal.controls(stream).reduce<StreamGate>(evolveGate, OPEN_GATE)
    );
  }

  async #append(
    stream: StreamPath,
    post: Post,
    actor: Actor,
    command?: CommandId
  ): Promise<PostAnswer> {
    const { journal, clock } = this.#context;
    const next = journal.next(stream);
    const { expectedOffset } = post;
    if (expectedOffset !== undefined && expectedOffset !== next) {
      const detail = `The next event of the stream gets offset ${next}, not ${expectedOffset}. Read what is new, then post again.`;
      return { rejection: { code: 'offset-mismatch', detail, at: { next } } };
    }
    const draft = draftOf(post, actor, new Date(clock.now()).toISOString());
    if ('code' in draft) {
      return { rejection: draft };
    }
    const gate = this.gate(stream);
    const decided = decidePost(gate, draft);
    if ('code' in decided) {
      return { rejection: decided };
    }
    this.#remember(stream, decided.reduce(evolveGate, gate));
    const appended = this.#write(stream, decided, command);
    await appended.durable;
    const [event] = appended.events;
    if (event === undefined) {
      throw new Error(`A post to ${stream} led to no event.`);
    }
    return { event };
  }

  /** A notebook's stream is also folded by its session, which has to see what is appended. */
  #write(stream: StreamPath, events: readonly Draft[], command?: CommandId): Appended {
    const change = { events, ...(command !== undefined && { command }) };
    return fileIdOf(stream) === undefined
      ? this.#context.journal.append({ stream, ...change })
      : this.#context.session(stream).append(change);
  }

  #remember(stream: StreamPath, gate: StreamGate): void {
    this.#gates.delete(stream);
    this.#gates.set(stream, gate);
    const [oldest] = this.#gates.keys();
    if (this.#gates.size > GATES && oldest !== undefined) {
      this.#gates.delete(oldest);
    }
  }

  #notForPosts(stream: StreamPath): Rejection | null {
    if (stream === REFUSALS) {
      const detail = 'Refusals are recorded by the server alone. Post to another stream.';
      return { code: 'forbidden', detail };
    }
    if (fileIdOf(stream) !== undefined && this.#context.journal.next(stream) === 1) {
      const detail = `There is no notebook with the stream ${stream}. A stream begins when its notebook is first opened.`;
      return { code: 'unknown-notebook', detail };
    }
    return null;
  }
}

/** The post in a body; of a body that is none, the post that says so. */
function readPost(body: Json): Post {
  try {
    return Post.parse(body);
  } catch (error) {
    if (!(error instanceof ZodError)) {
      throw error;
    }
    const message = error.issues
      .map(({ path, message: what }) => [...path.map(String), what].join(': '))
      .join('; ');
    return { type: 'invalid-event-appended', payload: { rawInput: body, error: message } };
  }
}

function draftOf(post: Post, actor: Actor, at: string): Draft | Rejection {
  const { type, payload = {}, metadata, idempotencyKey } = post;
  const envelope = { at, actor, assurance: 'verified' } as const;
  for (const control of POSTABLE_FACTS) {
    if (control.shape.type.value === type) {
      const fact = control.safeParse({ type, v: 1, data: payload });
      return fact.success
        ? { ...envelope, ...fact.data }
        : { code: 'malformed-request', detail: `This is no ${type}: ${fact.error.message}` };
    }
  }
  if (OURS.has(type)) {
    const detail = `Events of the type ${type} are stated by Colophon alone. Choose another type.`;
    return { code: 'reserved-type', detail };
  }
  const data = {
    type,
    payload,
    ...(metadata && { metadata }),
    ...(idempotencyKey !== undefined && { idempotencyKey })
  };
  return { ...envelope, type: 'event.posted', v: 1, data };
}
