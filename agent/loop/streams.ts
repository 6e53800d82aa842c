/**
 * Everything that may be done with any stream, a notebook's or another, and all that streams do by
 * themselves: the one noun behind every door. Guarantees that each of its parts appends by the same
 * way, so that whoever folds a stream sees all of it, and forgets a stream that is gone.
 */
import type { Access, Want } from '../core/stream/access.js';
import type { StreamGate } from '../core/stream/breaker.js';
import { retentionOf, type Retention } from '../core/stream/retention.js';
import type { ReactionsView } from '../core/reactions/reactions-view.js';
import type { Draft, Json, Rejection, StreamPath } from '../../schema/index.js';
import type { Appended, Batch, Journal, StreamSummary } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { StreamAccess, type AccessContext } from './access.js';
import { actorOf } from './commands.js';
import { Deletions } from './deletion.js';
import type { Deletion, DeletionAnswer, PostAnswer, Principal, VisibleStream } from './door.js';
import { Posts } from './posts.js';
import { Redactions } from './redactions.js';
import { Retentions } from './retention.js';
import { StreamReactions } from './stream-reactions.js';
import { Subscribers, type Outside } from './subscribers.js';

/** What is appended to a stream in one transaction. */
export type StreamChange = Pick<Batch, 'events' | 'command' | 'cursors' | 'redaction'>;

export interface StreamsContext {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'next'>;
  readonly outside: Outside;
  readonly warn: (message: string) => void;
  /** Appends to a stream; a notebook's through what folds it. */
  readonly append: (stream: StreamPath, change: StreamChange) => Appended;
  /** Streams are gone: drops what else is in memory of them. */
  readonly forget: (streams: readonly StreamPath[]) => void;
  readonly pathOf?: AccessContext['pathOf'];
}

/** The rules of a stream, as its readers see them. */
export interface StreamRules extends Pick<VisibleStream, 'owner' | 'access'> {
  readonly granted: readonly { readonly username: string; readonly may: 'read' | 'write' }[];
  /** Null: everything is kept. */
  readonly retention: Retention | null;
}

export class Streams {
  /** Readers with a place that is kept, and what is sent to addresses. Does not ask who may. */
  readonly subscribers: Subscribers;
  readonly #journal: Journal;
  readonly #access: StreamAccess;
  readonly #deletions: Deletions;
  readonly #posts: Posts;
  readonly #reactions: StreamReactions;
  readonly #redactions: Redactions;
  readonly #retentions: Retentions;

  constructor(context: StreamsContext) {
    const { journal, clock, ids, outside, warn, append, pathOf } = context;
    this.#journal = journal;
    this.#access = new StreamAccess({ journal, clock, ...(pathOf && { pathOf }) });
    this.subscribers = new Subscribers({
      ...{ journal, clock, append, access: this.#access },
      ...outside
    });
    this.#posts = new Posts({
      ...{ journal, clock, append, access: this.#access },
      refusal: draft => this.subscribers.refusal(draft),
      stated: events => this.#reactions.take(events)
    });
    this.#reactions = new StreamReactions({
      ...{ journal, clock, ids, warn, posts: this.#posts, expressions: outside.expressions }
    });
    this.#deletions = new Deletions({
      ...{ journal, clock, access: this.#access },
      forget: streams => {
        this.#posts.forget(streams);
        this.subscribers.forget(streams);
        this.#reactions.forget(streams);
        context.forget(streams);
      }
    });
    this.#redactions = new Redactions({ journal, clock, append });
    this.#retentions = new Retentions(journal, clock);
  }

  /** Goes on with what the streams do by themselves. */
  start(): void {
    this.subscribers.start();
    this.#reactions.start();
    this.#retentions.start();
  }

  /** Does nothing more by itself; before the journal is closed. */
  stop(): void {
    this.#retentions.stop();
    this.#reactions.stop();
    this.subscribers.stop();
  }

  /** Whether the principal may, and what lets them; every door asks before it shows anything of a stream. */
  access(principal: Principal, stream: StreamPath, want: Want): Promise<Access> {
    return this.#access.ask(principal, stream, want);
  }

  /** As `access`, at once: without a look at a notebook's file, for who was let in by that. */
  decide(principal: Principal, stream: StreamPath, want: Want): Access {
    return this.#access.decide(principal, stream, want);
  }

  /** Whether they may still read a stream that they were let read; cheap, for each event of a tail. */
  stillReads(principal: Principal, stream: StreamPath): () => boolean {
    return this.#access.stillReads(principal, stream);
  }

  /** Those of the streams that the principal may read, with what holds for each. */
  visible(principal: Principal, streams: readonly StreamSummary[]): Promise<VisibleStream[]> {
    return this.#access.visible(principal, streams);
  }

  /** Appends what a body says to a stream, which comes into being by it; once for each idempotency key. */
  async post(stream: StreamPath, body: Json, principal: Principal): Promise<PostAnswer> {
    const access = await this.#access.ask(principal, stream, 'write');
    return 'rejection' in access
      ? access
      : this.#posts.post(stream, body, actorOf(principal), principal);
  }

  /** What is appended of these drafts and what follows from them; or the refusal. */
  admit(stream: StreamPath, drafts: readonly Draft[]): readonly Draft[] | Rejection {
    return this.#posts.admit(stream, drafts);
  }

  /** Whether the stream takes events, and its limit. */
  gate(stream: StreamPath): StreamGate {
    return this.#posts.gate(stream);
  }

  /** Who may use the stream, and how long it keeps what is posted. */
  rules(stream: StreamPath): StreamRules {
    const { granted = {} } = this.#access.rulesOf(stream) ?? {};
    return {
      ...this.#access.shown(stream),
      granted: Object.entries(granted).map(([username, may]) => ({ username, may })),
      retention: retentionOf(this.#journal.controls(stream))
    };
  }

  /** What the stream does by itself. */
  reactions(stream: StreamPath): ReactionsView {
    return this.#reactions.view(stream);
  }

  /** Erases the payload of a posted event; the event that tells of it. */
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

  /** Deletes a stream with everything that it held; nobody can bring it back. */
  remove(stream: StreamPath, how: Deletion, principal: Principal): Promise<DeletionAnswer> {
    return this.#deletions.remove(stream, how, principal);
  }

  /** Removes one stream, if it is there, for whoever was let do it elsewhere; durable on return. */
  discard(stream: StreamPath, by: Pick<Draft, 'actor' | 'entitlement'>): void {
    this.#deletions.discard(stream, by);
  }
}
