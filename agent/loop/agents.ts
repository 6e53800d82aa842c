/**
 * Gives the agents what was planned for them and takes what they report, each notebook's reports one
 * after the other. Guarantees that the end of a run follows everything that the room had when the
 * agent said so, and that an agent which nobody needs is stopped.
 */
import {
  decideIdle,
  decideReport,
  decideStart,
  decideTidying,
  type AgentReport
} from '../core/execution/react.js';
import { evolveRuntime } from '../core/execution/evolve.js';
import { fileIdOf } from '../../schema/index.js';
import type { DocumentClock, Draft, Effect, StreamPath } from '../../schema/index.js';
import type { AgentRunner, Server } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import { Answers } from './answers.js';
import { withConsequences } from './intake.js';
import { kernelIsKnown, overNow, type Session } from './session.js';

export interface AgentsContext {
  readonly server: Server;
  readonly runner: AgentRunner;
  readonly clock: Clock;
  readonly session: (stream: StreamPath) => Session;
  readonly idleMs: number;
  readonly warn: (message: string) => void;
}

interface IdleWatch {
  readonly epoch: number;
  readonly ran: boolean;
  readonly cancel: () => void;
}

export class Agents {
  readonly #context: AgentsContext;
  readonly #idle = new Map<StreamPath, IdleWatch>();
  readonly #answers: Answers;
  #stopping = false;

  constructor(context: AgentsContext) {
    this.#context = context;
    this.#answers = new Answers(context.runner);
  }

  /** From now on the ends of agents are ours and tell nothing. */
  stop(): void {
    this.#stopping = true;
    for (const { cancel } of this.#idle.values()) {
      cancel();
    }
    this.#idle.clear();
  }

  /** Asks the world. Nothing comes back but reports. */
  perform(effect: Effect): void {
    if (this.#stopping) {
      return;
    }
    const { runner } = this.#context;
    const { stream, epoch } = effect;
    switch (effect.type) {
      case 'agent.start':
        void this.#start(effect);
        return;
      case 'agent.stop':
        return runner.stop(stream, epoch);
      case 'agent.run': {
        const { executionId, cellId, source, allowError, requester, followed } = effect;
        const run = { executionId, cellId, source, allowError, requester };
        return runner.tell(stream, epoch, { type: 'run', ...run, ...(followed && { followed }) });
      }
      case 'agent.answer-input':
        return this.#answers.give(effect);
      case 'agent.interrupt':
        return runner.tell(stream, epoch, { type: 'interrupt' });
      case 'agent.restart-kernel':
        return runner.tell(stream, epoch, { type: 'restart-kernel' });
      case 'agent.moved':
        return runner.tell(stream, epoch, { type: 'moved', path: effect.path });
    }
  }

  /** The host has started: the agents of an earlier one are gone. `tap`: of the running server. */
  begin(session: Session, tap: string): void {
    const { room } = session.mark;
    const newServer = room !== null && room.tap !== tap;
    if (session.runtime.agent.phase === 'stopping') {
      // The run that its agent had ends with this: what that one wrote is told before.
      session.reports = session.reports.then(async () => {
        await this.#settle(session);
        this.#goOn(session, newServer);
      });
    } else {
      this.#goOn(session, newServer);
    }
  }

  /** Takes a report; it is dealt with after the earlier ones of the same notebook. */
  report(stream: StreamPath, epoch: number, report: AgentReport): void {
    const session = this.#context.session(stream);
    session.reports = session.reports.then(() => this.#take(session, epoch, report));
  }

  /** Watches the idle time after each change of the session, and forgets what no run needs. */
  watch(session: Session): void {
    const { agent, active } = session.runtime;
    this.#answers.keepFor(session.stream, active);
    const watched = this.#idle.get(session.stream);
    if (agent.phase !== 'ready') {
      watched?.cancel();
      this.#idle.delete(session.stream);
      return;
    }
    const ran = active.length > 0 || (watched?.epoch === agent.epoch && watched.ran);
    if (watched === undefined || watched.epoch !== agent.epoch || active.length > 0) {
      this.#arm(session, agent.epoch, ran);
    }
  }

  #arm(session: Session, epoch: number, ran: boolean): void {
    if (this.#stopping) {
      return;
    }
    this.#idle.get(session.stream)?.cancel();
    const cancel = this.#context.clock.after(this.#context.idleMs, () =>
      this.#idleFor(session, epoch, ran)
    );
    this.#idle.set(session.stream, { epoch, ran, cancel });
  }

  /** An agent that has run something stays while people are in the room. */
  #idleFor(session: Session, epoch: number, ran: boolean): void {
    const busy = session.runtime.active.length > 0;
    if (busy || (ran && session.peers > 0)) {
      this.#arm(session, epoch, ran);
      return;
    }
    this.#idle.delete(session.stream);
    session.append({ events: decideIdle(session.runtime, { now: this.#now() }) });
  }

  async #start(effect: Extract<Effect, { type: 'agent.start' }>): Promise<void> {
    const { server, runner, session } = this.#context;
    const { stream, epoch, resume } = effect;
    const fileId = fileIdOf(stream);
    const path = fileId === undefined ? null : await this.#patiently(server.pathOf(fileId), null);
    const { agent } = session(stream).runtime;
    if (agent.phase === 'none' || agent.epoch !== epoch || this.#stopping) {
      return;
    }
    if (path === null || agent.phase === 'stopping') {
      const reason =
        path === null ? 'the notebook’s file was not found' : 'stopped before it began';
      this.report(stream, epoch, { type: 'exited', code: null, reason });
      return;
    }
    runner.start(stream, epoch, { path, ...(resume && { resume }) });
  }

  async #take(session: Session, epoch: number, report: AgentReport): Promise<void> {
    if (this.#stopping) {
      return;
    }
    if (report.type === 'peers') {
      session.peers = report.count;
      return;
    }
    if (this.#answers.take(session.stream, epoch, report)) {
      return;
    }
    if (report.type === 'exited') {
      session.peers = 0;
    }
    if (report.type === 'finished' || report.type === 'exited') {
      await this.#settle(session, 'written' in report ? report.written : undefined);
    }
    const patient =
      (report.type === 'started' && kernelIsKnown(session)) ||
      // What runs now does not wait for it; an agent that takes over would tell it again.
      (report.type === 'finished' && report.executionId === overNow(session));
    const events = decideReport(session.runtime, epoch, report, { now: this.#now() });
    if (events.length > 0) {
      const tidying = report.type === 'exited' ? this.#tidying(session, events) : [];
      session.append({ events: [...events, ...tidying], patient });
    }
    if (report.type === 'ready') {
      this.#answers.tell(session.stream, epoch);
    }
  }

  #goOn(session: Session, newServer: boolean): void {
    const events = decideStart(session.runtime, { now: this.#now(), newServer });
    session.append({ events: [...events, ...this.#tidying(session, events)] });
  }

  /** Nobody but an agent writes: what one could not set right any more is left to the next one. */
  #tidying(session: Session, ended: readonly Draft[]): Draft[] {
    const runtime = ended.reduce(evolveRuntime, session.runtime);
    const untidy = runtime.untidy ?? [];
    return untidy.some(cellId => session.room?.replica.seemsToRun(cellId) === true)
      ? decideTidying(runtime, { now: this.#now() })
      : [];
  }

  /** What the room has now, at least up to what was written, is told before what follows. */
  async #settle(session: Session, written?: DocumentClock): Promise<void> {
    if (written === undefined || session.room?.replica.has(written) !== true) {
      await this.#patiently(this.#context.server.flush(), undefined);
    }
    const observed = session.room?.replica.flush() ?? [];
    if (observed.length > 0) {
      session.append({ events: withConsequences(session, observed, { at: this.#now() }) });
    }
  }

  /** The server's answer, or `otherwise` if it is silent: a run must end even then. */
  async #patiently<T>(answer: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#context.warn(`Jupyter Server did not answer: ${String(error)}`);
      return otherwise;
    }
  }

  #now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }
}
