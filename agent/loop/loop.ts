/**
 * The one line of flow: input → decide → append → evolve → plan → perform. Inputs are frames of the
 * room tap, commands, reports of agents, and the clock; each is dealt with in one synchronous step.
 */
import type { AgentReport } from '../core/execution/react.js';
import { fileIdOf } from '../../schema/index.js';
import type { Command, Effect, ExecutionId, StreamPath, ToServer } from '../../schema/index.js';
import type { AgentRunner, Journal, Server } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { ArtifactStore, LinkingFiles } from '../ports/artifacts.js';
import { Agents } from './agents.js';
import { ArtifactSweep } from './artifact-sweep.js';
import { Artifacts } from './artifacts.js';
import { Commands } from './commands.js';
import type { AgentHealth, Answer, DocumentAnswer, Door, Principal } from './door.js';
import { Intake, withConsequences, type NumberedFrame } from './intake.js';
import type { Mirror } from '../ports/mirror.js';
import { Session, type SessionContext } from './session.js';
import { Streams } from './streams.js';
import type { Outside } from './subscribers.js';
import { Views } from './views.js';

export interface LoopContext {
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly server: Server & { tell(message: ToServer): void };
  readonly runner: AgentRunner & { health(): readonly AgentHealth[] };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outside: Outside;
  /** Where output is kept that is too large for documents; absent: nowhere. */
  readonly artifacts?: {
    readonly store: ArtifactStore;
    readonly graceDays: number;
    readonly files?: LinkingFiles;
  };
  /** Id of the running server as a tap. */
  readonly tap: string;
  readonly settings: {
    readonly agentIdleSeconds: number;
    readonly sourceWaitSeconds: number;
    readonly editPauseSeconds: number;
  };
  readonly warn: (message: string) => void;
}

type Waiter = (changed: boolean) => void;

export class Loop implements Door {
  readonly streams: Streams;
  readonly artifacts: Artifacts | null;
  readonly #sweep: ArtifactSweep | undefined;
  readonly #context: LoopContext;
  readonly #sessionContext: SessionContext;
  readonly #sessions = new Map<StreamPath, Session>();
  readonly #waiters = new Map<Session, Set<Waiter>>();
  readonly #pauses = new Map<Session, () => void>();
  readonly #intake: Intake;
  readonly #commands: Commands;
  readonly #agents: Agents;
  readonly #views: Views;

  constructor(context: LoopContext) {
    this.#context = context;
    const { journal, mirror, server, runner, clock, ids, outside, tap, settings, warn } = context;
    const session = (stream: StreamPath) => this.#session(stream);
    const { artifacts } = context;
    const notebook = (stream: StreamPath) =>
      journal.mark(stream) === undefined ? undefined : session(stream);
    const sweep =
      artifacts && new ArtifactSweep({ ...artifacts, journal, clock, warn, session: notebook });
    this.#sweep = sweep;
    const kept =
      artifacts &&
      sweep &&
      new Artifacts({
        ...{ store: artifacts.store, sweep, clock, session: notebook },
        access: (principal, stream) => this.streams.access(principal, stream, 'read')
      });
    this.artifacts = kept ?? null;
    this.#sessionContext = {
      journal,
      mirror,
      hooksTrusted: server.hooksTrusted,
      editPauseMs: settings.editPauseSeconds * 1000,
      perform: (effect: Effect) => this.#agents.perform(effect),
      changed: changed => this.#changed(changed),
      ...(kept && {
        linkCheck: stream => kept.linkCheck(stream),
        referred: (stream, references) => sweep?.referred(stream, references)
      })
    };
    this.#intake = new Intake({
      ...{ journal, session, clock, warn },
      tell: message => server.tell(message),
      openRooms: of =>
        [...this.#sessions.values()].filter(
          ({ mark: { room } }) => room?.tap === of && room.phase !== 'closed'
        )
    });
    this.#agents = new Agents({
      ...{ server, runner, clock, session, warn },
      idleMs: settings.agentIdleSeconds * 1000
    });
    this.#commands = new Commands({
      ...{ journal, server, clock, ids, session },
      nextChange: (changing, delay) => this.#nextChange(changing, delay),
      resumeRoom: room => void room.resumeRoom(tap),
      askForRoom: asking => {
        if (asking.room === null) {
          this.#intake.askForWhole(asking);
        }
      },
      perform: effect => this.#agents.perform(effect),
      sourceWaitMs: settings.sourceWaitSeconds * 1000
    });
    this.streams = new Streams({
      ...{ journal, clock, ids, outside, warn },
      append: (stream, change) =>
        fileIdOf(stream) === undefined
          ? journal.append({ stream, ...change })
          : session(stream).append(change),
      forget: streams => this.#forget(streams),
      pathOf: id => server.pathOf(id)
    });
    this.#views = new Views(journal, mirror, session);
  }

  get journal(): Journal {
    return this.#context.journal;
  }

  /** Says where we are with the running server's tap, then goes on with what an earlier host left. */
  start(): void {
    this.#sweep?.start();
    this.#intake.greet(this.#context.tap);
    for (const stream of this.#context.journal.busyStreams()) {
      const session = this.#session(stream);
      session.resumeRoom(this.#context.tap);
      this.#agents.begin(session, this.#context.tap);
    }
    this.streams.start();
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
    const access = await this.streams.access(principal, command.stream, 'run');
    return 'rejection' in access
      ? access
      : this.#commands.submit(command, principal, access.entitlement);
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

  execution(stream: StreamPath, executionId: ExecutionId): ReturnType<Door['execution']> {
    return this.#views.execution(stream, executionId);
  }

  agents(): readonly AgentHealth[] {
    return this.#context.runner.health();
  }

  /** Tells what is pending and refuses what waits. The journal and the agents are the caller's to end. */
  stop(): void {
    this.#intake.stop();
    this.#sweep?.stop();
    this.streams.stop();
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
    this.#views.forget(streams);
    this.#sweep?.forget(streams);
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
