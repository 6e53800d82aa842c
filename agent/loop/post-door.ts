/**
 * The door of a journal without notebooks: anything may be posted and read, nothing can be run. What
 * asks for a notebook is refused as it is for one that was never opened.
 */
import type { Command, Draft, Json, Rejection, StreamPath } from '../../schema/index.js';
import type { Access, Want } from '../core/stream/access.js';
import type { StreamGate } from '../core/stream/breaker.js';
import type { Journal, StreamSummary } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { StreamAccess } from './access.js';
import { actorOf } from './commands.js';
import { Deletions } from './deletion.js';
import type {
  Answer,
  Deletion,
  DeletionAnswer,
  DocumentAnswer,
  Door,
  PostAnswer,
  Principal
} from './door.js';
import { Posts } from './posts.js';
import { Redactions } from './redactions.js';
import type { Session } from './session.js';
import { StreamReactions } from './stream-reactions.js';
import { Subscribers, type Outside } from './subscribers.js';

export class PostDoor implements Door {
  readonly journal: Journal;
  readonly subscribers: Subscribers;
  readonly #access: StreamAccess;
  readonly #deletions: Deletions;
  readonly #posts: Posts;
  readonly #redactions: Redactions;
  readonly #reactions: StreamReactions;

  constructor(journal: Journal, clock: Clock, ids: Pick<Ids, 'next'>, outside: Outside) {
    this.journal = journal;
    this.subscribers = new Subscribers({
      ...{ journal, clock, ...outside },
      append: (stream, draft) => journal.append({ stream, events: [draft] }).durable
    });
    const session = (stream: StreamPath): Pick<Session, 'append'> => ({
      append: ({ events, cursors }) =>
        journal.append({ stream, ...(events && { events }), ...(cursors && { cursors }) })
    });
    this.#redactions = new Redactions({
      ...{ journal, clock },
      append: (stream, change) => journal.append({ stream, ...change })
    });
    const access = new StreamAccess({ journal, clock });
    this.#access = access;
    this.#deletions = new Deletions({
      ...{ journal, clock, access },
      forget: streams => {
        this.#posts.forget(streams);
        this.subscribers.forget(streams);
        this.#reactions.forget(streams);
      }
    });
    this.#posts = new Posts({
      ...{ journal, clock, session, access },
      refusal: draft => this.subscribers.refusal(draft),
      stated: events => this.#reactions.take(events)
    });
    this.#reactions = new StreamReactions({
      ...{ journal, clock, ids, posts: this.#posts, expressions: outside.expressions },
      warn: message => console.error(message)
    });
  }

  /** Goes on with what the streams do by themselves. */
  start(): void {
    this.subscribers.start();
    this.#reactions.start();
  }

  /** Does nothing more by itself; before the journal is closed. */
  stop(): void {
    this.#reactions.stop();
    this.subscribers.stop();
  }

  reactions(stream: StreamPath): ReturnType<Door['reactions']> {
    return this.#reactions.view(stream);
  }

  submit({ stream }: Command): Promise<Answer> {
    return Promise.resolve({ rejection: withoutNotebooks(stream) });
  }

  access(principal: Principal, stream: StreamPath, want: Want): Promise<Access> {
    return this.#access.ask(principal, stream, want);
  }

  stillReads(principal: Principal, stream: StreamPath): () => boolean {
    return this.#access.stillReads(principal, stream);
  }

  visible(
    principal: Principal,
    streams: readonly StreamSummary[]
  ): ReturnType<Door['visible']> {
    return this.#access.visible(principal, streams);
  }

  post(stream: StreamPath, body: Json, principal: Principal): Promise<PostAnswer> {
    return this.#posts.post(stream, body, actorOf(principal), principal);
  }

  /** What is appended of these drafts and what follows from them; or the refusal. */
  admit(stream: StreamPath, drafts: readonly Draft[]): readonly Draft[] | Rejection {
    return this.#posts.admit(stream, drafts);
  }

  async redact(
    stream: StreamPath,
    what: { readonly offset: number; readonly reason: string },
    principal: Principal
  ): Promise<PostAnswer> {
    const access = await this.#access.ask(principal, stream, 'write');
    return 'rejection' in access
      ? access
      : this.#redactions.redact(stream, what, {
          ...{ actor: actorOf(principal), assurance: 'verified' },
          entitlement: access.entitlement
        });
  }

  /** Removes one stream, if it is there, for whoever was let do it elsewhere; durable on return. */
  discard(stream: StreamPath, by: Pick<Draft, 'actor' | 'entitlement'>): void {
    this.#deletions.discard(stream, by);
  }

  remove(stream: StreamPath, how: Deletion, principal: Principal): Promise<DeletionAnswer> {
    return this.#deletions.remove(stream, how, principal);
  }

  gate(stream: StreamPath): StreamGate {
    return this.#posts.gate(stream);
  }

  cells(): undefined {
    return undefined;
  }

  runtime(): undefined {
    return undefined;
  }

  document(stream: StreamPath): DocumentAnswer {
    return { rejection: withoutNotebooks(stream) };
  }

  agents(): readonly never[] {
    return [];
  }
}

function withoutNotebooks(stream: StreamPath): Rejection {
  const detail = `This service has no notebooks, so there is none at ${stream}. Ask a Jupyter Server with Colophon.`;
  return { code: 'unknown-notebook', detail };
}
