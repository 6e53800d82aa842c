/**
 * The one line of flow: input → decide → append → evolve → plan → perform. Inputs are frames of the
 * room tap, commands, reports of agents, and the clock; each is dealt with in one synchronous step.
 */
import type { Access, Want } from '../core/stream/access.js';
import { decideStart, type AgentReport } from '../core/execution/react.js';
import { fileIdOf } from '../../schema/index.js';
import type {
  Command,
  Draft,
  Effect,
  Json,
  Rejection,
  StreamPath,
  ToServer
} from '../../schema/index.js';
import type { AgentRunner, Journal, Server, StreamSummary } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { Agents } from './agents.js';
import { StreamAccess } from './access.js';
import { actorOf, Commands } from './commands.js';
import { Deletions } from './deletion.js';
import type {
  AgentHealth,
  Answer,
  Deletion,
  DeletionAnswer,
  DocumentAnswer,
  Door,
  PostAnswer,
  Principal
} from './door.js';
import { Intake, withConsequences, type NumberedFrame } from './intake.js';
import type { Mirror } from '../ports/mirror.js';
import { Posts } from './posts.js';
import { Redactions } from './redactions.js';
import { Session, type SessionContext } from './session.js';
import { StreamReactions } from './stream-reactions.js';
import { Subscribers, type Outside } from './subscribers.js';
import { Views } from './views.js';

export interface LoopContext {
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly server: Server & { tell(message: ToServer): void };
  readonly runner: AgentRunner & { health(): readonly AgentHealth[] };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outside: Outside;
  /** Id of the running server as a tap. */
  readonly tap: string;
  readonly settings: {
    readonly agentIdleSeconds: number;
    readonly sourceWaitSeconds: number;
    readonly editPauseSeconds: number;
  };
  readonly warn: (message: string) => void;
}

/** jupyter-collaboration's name of the room of a notebook's stream. */
function roomOf(stream: StreamPath): string {
  return `json:notebook:${fileIdOf(stream) ?? ''}`;
}

type Waiter = (changed: boolean) => void;

export class Loop implements Door {
  readonly subscribers: Subscribers;
  readonly #context: LoopContext;
  readonly #sessionContext: SessionContext;
  readonly #sessions = new Map<StreamPath, Session>();
  readonly #waiters = new Map<Session, Set<Waiter>>();
  readonly #pauses = new Map<Session, () => void>();
  readonly #intake: Intake;
  readonly #commands: Commands;
  readonly #agents: Agents;
  readonly #access: StreamAccess;
  readonly #deletions: Deletions;
  readonly #posts: Posts;
  readonly #redactions: Redactions;
  readonly #reactions: StreamReactions;
  readonly #views: Views;

  constructor(context: LoopContext) {
    this.#context = context;
    const { journal, mirror, server, runner, clock, ids, outside, tap, settings, warn } = context;
    const session = (stream: StreamPath) => this.#session(stream);
    this.#sessionContext = {
      journal,
      mirror,
      hooksTrusted: server.hooksTrusted,
      editPauseMs: settings.editPauseSeconds * 1000,
      perform: (effect: Effect) => this.#agents.perform(effect),
      changed: changed => this.#changed(changed)
    };
    this.#intake = new Intake({ journal, session, tell: message => server.tell(message) });
    this.#agents = new Agents({
      ...{ server, runner, clock, session, warn },
      idleMs: settings.agentIdleSeconds * 1000
    });
    this.#commands = new Commands({
      ...{ journal, server, clock, ids, session },
      nextChange: (changing, delay) => this.#nextChange(changing, delay),
      resumeRoom: room => void room.resumeRoom(tap),
      askForRoom: ({ stream }) => {
        server.tell({ type: 'snapshot.request', roomId: roomOf(stream) });
      },
      sourceWaitMs: settings.sourceWaitSeconds * 1000
    });
    const access = new StreamAccess({ journal, clock, pathOf: id => server.pathOf(id) });
    this.#access = access;
    this.#deletions = new Deletions({
      ...{ journal, clock, access },
      forget: streams => this.#forget(streams)
    });
    this.subscribers = new Subscribers({
      ...{ journal, clock, ...outside },
      append: (stream, draft) => {
        const events = [draft];
        return fileIdOf(stream) === undefined
          ? journal.append({ stream, events }).durable
          : session(stream).append({ events }).durable;
      }
    });
    this.#posts = new Posts({
      ...{ journal, clock, session, access },
      refusal: draft => this.subscribers.refusal(draft),
      stated: events => this.#reactions.take(events)
    });
    this.#reactions = new StreamReactions({
      ...{ journal, clock, ids, warn, posts: this.#posts, expressions: outside.expressions }
    });
    this.#redactions = new Redactions({
      ...{ journal, clock },
      append: (stream, change) =>
        fileIdOf(stream) === undefined
          ? journal.append({ stream, ...change })
          : session(stream).append(change)
    });
    this.#views = new Views(journal, mirror, session);
  }

  get journal(): Journal {
    return this.#context.journal;
  }

  /** Says where we are with the running server's tap, then goes on with what an earlier host left. */
  start(): void {
    this.#intake.greet(this.#context.tap);
    const now = new Date(this.#context.clock.now()).toISOString();
    for (const stream of this.#context.journal.busyStreams()) {
      const session = this.#session(stream);
      session.resumeRoom(this.#context.tap);
      session.append({ events: decideStart(session.runtime, { now }) });
    }
    this.subscribers.start();
    this.#reactions.start();
  }

  /** Takes a frame of the room tap. */
  take(frame: NumberedFrame, payload: Uint8Array): void {
    this.#intake.take(frame, payload);
  }

  /** Takes a report of an agent. */
  report(stream: StreamPath, epoch: number, report: AgentReport): void {
    this.#agents.report(stream, epoch, report);
  }

  async submit(command: Command, principal: Principal): Promise<Answer> {
    const access = await this.#access.ask(principal, command.stream, 'run');
    return 'rejection' in access
      ? access
      : this.#commands.submit(command, principal, access.entitlement);
  }

  async post(stream: StreamPath, body: Json, principal: Principal): Promise<PostAnswer> {
    const access = await this.#access.ask(principal, stream, 'write');
    return 'rejection' in access
      ? access
      : this.#posts.post(stream, body, actorOf(principal), principal);
  }

  access(principal: Principal, stream: StreamPath, want: Want): Promise<Access> {
    return this.#access.ask(principal, stream, want);
  }

  stillReads(principal: Principal, stream: StreamPath): () => boolean {
    return this.#access.stillReads(principal, stream);
  }

  visible(principal: Principal, streams: readonly StreamSummary[]): ReturnType<Door['visible']> {
    return this.#access.visible(principal, streams);
  }

  /** What is appended of these drafts and what follows from them; or the refusal. */
  admit(stream: StreamPath, drafts: readonly Draft[]): readonly Draft[] | Rejection {
    return this.#posts.admit(stream, drafts);
  }

  reactions(stream: StreamPath): ReturnType<Door['reactions']> {
    return this.#reactions.view(stream);
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

  gate(stream: StreamPath): ReturnType<Door['gate']> {
    return this.#posts.gate(stream);
  }

  cells(stream: StreamPath): ReturnType<Door['cells']> {
    return this.#views.cells(stream);
  }

  runtime(stream: StreamPath): ReturnType<Door['runtime']> {
    return this.#views.runtime(stream);
  }

  document(stream: StreamPath, offset: number): DocumentAnswer {
    return this.#views.document(stream, offset);
  }

  agents(): readonly AgentHealth[] {
    return this.#context.runner.health();
  }

  /** Tells what is pending and refuses what waits. The journal and the agents are the caller's to end. */
  stop(): void {
    this.#reactions.stop();
    this.subscribers.stop();
    this.#commands.stop();
    this.#agents.stop();
    const at = new Date(this.#context.clock.now()).toISOString();
    for (const session of this.#sessions.values()) {
      this.#pauses.get(session)?.();
      const pending = session.room?.replica.flush() ?? [];
      session.append({ events: withConsequences(session, pending, { at }) });
    }
  }

  #forget(streams: readonly StreamPath[]): void {
    for (const stream of streams) {
      const session = this.#sessions.get(stream);
      if (session !== undefined) {
        this.#pauses.get(session)?.();
        this.#pauses.delete(session);
        this.#sessions.delete(stream);
      }
    }
    this.#posts.forget(streams);
    this.subscribers.forget(streams);
    this.#reactions.forget(streams);
    this.#views.forget(streams);
  }

  #session(stream: StreamPath): Session {
    const known = this.#sessions.get(stream);
    if (known !== undefined) {
      return known;
    }
    const session = new Session(stream, this.#sessionContext);
    this.#sessions.set(stream, session);
    return session;
  }

  #changed(session: Session): void {
    const waiters = this.#waiters.get(session);
    this.#waiters.delete(session);
    waiters?.forEach(waiter => waiter(true));
    this.#agents.watch(session);
    this.#awaitPause(session);
  }

  /** The replica says when a burst of typing is over. */
  #awaitPause(session: Session): void {
    this.#pauses.get(session)?.();
    this.#pauses.delete(session);
    const due = session.room?.replica.due() ?? null;
    if (due === null) {
      return;
    }
    const { clock } = this.#context;
    const cancel = clock.after(Math.max(0, due - clock.now()), () => {
      const now = clock.now();
      const events = session.room?.replica.settle(now) ?? [];
      const at = new Date(now).toISOString();
      session.append({ events: withConsequences(session, events, { at }) });
    });
    this.#pauses.set(session, cancel);
  }

  #nextChange(session: Session, delay: number): Promise<boolean> {
    return new Promise(resolve => {
      const waiters = this.#waiters.get(session) ?? new Set<Waiter>();
      this.#waiters.set(session, waiters);
      const settle: Waiter = changed => {
        cancel();
        waiters.delete(settle);
        resolve(changed);
      };
      const cancel = this.#context.clock.after(delay, () => settle(false));
      waiters.add(settle);
    });
  }
}
