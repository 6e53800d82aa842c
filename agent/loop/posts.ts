/**
 * What anybody may post to any stream. Guarantees: a post is answered once it is durable; the same
 * idempotency key in a stream gives the stored event; a body that is no event is kept as
 * `invalid-event-appended`, so that any webhook can be posted; a paused stream takes nothing and
 * keeps nothing of what it refused. Our own facts cannot be posted.
 */
import { fileIdOf } from '../../schema/index.js';
import type {
  Actor,
  CommandId,
  Draft,
  Event,
  Json,
  Post,
  Rejection,
  StreamPath
} from '../../schema/index.js';
import {
  changesAccess,
  isSystemStream,
  neededFor,
  notebookOf,
  type Access,
  type Asker
} from '../core/stream/access.js';
import { decidePost, evolveGate, OPEN_GATE, type StreamGate } from '../core/stream/breaker.js';
import type { Appended, Batch, Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { StreamAccess } from './access.js';
import type { PostAnswer } from './door.js';
import { draftOf, readPost, type Author } from './post-draft.js';
import type { StreamChange } from './streams.js';

export interface PostContext {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  /** Appends to a stream; a notebook's through what folds it. */
  readonly append: (stream: StreamPath, change: StreamChange) => Appended;
  /** Told of what was appended, in the same turn, before it is durable. */
  readonly stated: (events: readonly Event[]) => void;
  /** Why a fact that somebody posts may not stand, for what only the world knows; null if it may. */
  readonly refusal: (draft: Draft) => Rejection | null;
  readonly access: Pick<StreamAccess, 'behind' | 'decide' | 'taken'>;
}

/** What a reaction of a stream does in one batch. */
interface Reaction {
  /** States that it acted; appended only if `events` are. */
  readonly stated?: Draft;
  readonly events: readonly Draft[];
  readonly cursors: NonNullable<Batch['cursors']>;
}

/** So many streams have their gate in memory; of the others it is read again when it is needed. */
const GATES = 10_000;

export class Posts {
  readonly #context: PostContext;
  readonly #gates = new Map<StreamPath, StreamGate>();
  readonly #pending = new Map<CommandId, Promise<PostAnswer>>();

  constructor(context: PostContext) {
    this.#context = context;
  }

  /** Appends the body of a request as this actor, if `asker` may. */
  post(stream: StreamPath, body: Json, actor: Actor, asker: Asker): Promise<PostAnswer> {
    const refusal = this.#notForPosts(stream);
    if (refusal !== null) {
      return Promise.resolve({ rejection: refusal });
    }
    const post = readPost(body);
    if (changesAccess(post.type) && notebookOf(stream) !== undefined) {
      return Promise.resolve({ rejection: followsNotebook(stream) });
    }
    if (post.type === 'stream.retention-configured' && fileIdOf(stream) !== undefined) {
      return Promise.resolve({ rejection: keepsEverything(stream) });
    }
    const access = this.#context.access.decide(asker, stream, neededFor(post.type));
    if ('rejection' in access) {
      return Promise.resolve(access);
    }
    const author: Author = { actor, entitlement: access.entitlement };
    const { idempotencyKey: key } = post;
    if (key === undefined) {
      return this.#append(stream, post, author);
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
    const answer = this.#append(stream, post, author, command).finally(() =>
      this.#pending.delete(command)
    );
    this.#pending.set(command, answer);
    return answer;
  }

  /** What is appended of these drafts, all or nothing, and what follows from them; or the refusal. */
  admit(stream: StreamPath, drafts: readonly Draft[]): readonly Draft[] | Rejection {
    const admitted: Draft[] = [];
    let gate = this.gate(stream);
    let consequences: readonly Draft[] = [];
    for (const draft of drafts) {
      const decided = decidePost(gate, draft);
      if ('code' in decided) {
        return decided;
      }
      consequences = decided.slice(1);
      admitted.push(draft);
      gate = evolveGate(gate, draft);
    }
    admitted.push(...consequences);
    gate = consequences.reduce(evolveGate, gate);
    this.#remember(stream, gate);
    return admitted;
  }

  /** Whether whoever configured a reaction of a stream may still write there. */
  behind(configured: Event): Access {
    return this.#context.access.behind(configured, 'write');
  }

  /** Appends what a reaction of the stream does: all of it, with its cursors, or nothing and why. */
  react(stream: StreamPath, { stated, events, cursors }: Reaction): Appended | Rejection {
    const admitted = this.#context.journal.trouble() ?? this.admit(stream, events);
    if ('code' in admitted) {
      return admitted;
    }
    const drafts = stated === undefined ? admitted : [stated, ...admitted];
    const appended = this.#write(stream, { events: drafts, cursors });
    this.#context.access.taken(stream, admitted);
    return appended;
  }

  /** Streams are gone. */
  forget(streams: readonly StreamPath[]): void {
    streams.forEach(stream => this.#gates.delete(stream));
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
    author: Author,
    command?: CommandId
  ): Promise<PostAnswer> {
    const { journal, clock } = this.#context;
    const trouble = journal.trouble(command);
    if (trouble !== null) {
      return { rejection: trouble };
    }
    const next = journal.next(stream);
    const { expectedOffset } = post;
    if (expectedOffset !== undefined && expectedOffset !== next) {
      const detail = `The next event of the stream gets offset ${next}, not ${expectedOffset}. Read what is new, then post again.`;
      return { rejection: { code: 'offset-mismatch', detail, at: { next } } };
    }
    const draft = draftOf(post, author, new Date(clock.now()).toISOString());
    if ('code' in draft) {
      return { rejection: draft };
    }
    const refusal = this.#context.refusal(draft);
    if (refusal !== null) {
      return { rejection: refusal };
    }
    const decided = this.admit(stream, [draft]);
    if ('code' in decided) {
      return { rejection: decided };
    }
    const appended = this.#write(stream, {
      events: decided,
      ...(command !== undefined && { command })
    });
    this.#context.access.taken(stream, decided);
    const delay = await appended.outcome;
    if (delay !== null) {
      return { rejection: delay };
    }
    const [event] = appended.events;
    if (event === undefined) {
      throw new Error(`A post to ${stream} led to no event.`);
    }
    return { event };
  }

  #write(stream: StreamPath, change: StreamChange): Appended {
    const appended = this.#context.append(stream, change);
    this.#context.stated(appended.events);
    return appended;
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
    if (isSystemStream(stream)) {
      const detail = `What is in ${stream} is stated by the server alone. Post to another stream.`;
      return { code: 'forbidden', detail };
    }
    const notebook = notebookOf(stream);
    if (notebook !== undefined && this.#context.journal.next(notebook) === 1) {
      const detail = `There is no notebook with the stream ${stream}. A stream begins when its notebook is first opened.`;
      return { code: 'unknown-notebook', detail };
    }
    return null;
  }
}

function keepsEverything(stream: StreamPath): Rejection {
  const detail = `${stream} is the history of a notebook, which is kept whole. Post what may go to a stream of its own, e.g. ${stream}/notes.`;
  return { code: 'forbidden', detail };
}

function followsNotebook(stream: StreamPath): Rejection {
  const detail = `${stream} may be read and written by who may read and write its notebook. Change that in Jupyter Server.`;
  return { code: 'forbidden', detail };
}
