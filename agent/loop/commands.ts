/**
 * Does commands. Guarantees: a command id is done once, also across restarts; requests to run of one
 * person in one notebook keep their order; everything that waits has a deadline and ends in events
 * or a refusal that says what to do.
 */
import { decideCommand, mayPass } from '../core/execution/decide.js';
import { busyExecution } from '../core/execution/state.js';
import { fileIdOf, sameActor } from '../../schema/index.js';
import type {
  Actor,
  Command,
  CommandId,
  Effect,
  Rejection,
  StreamPath
} from '../../schema/index.js';
import type { Appended, Journal, Server } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Answer, Principal } from './door.js';
import { withConsequences } from './intake.js';
import type { Session } from './session.js';

export interface CommandContext {
  readonly journal: Journal;
  readonly server: Server;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly session: (stream: StreamPath) => Session;
  /** Settles at the next append to the stream, or after `delay` ms; false in that case. */
  readonly nextChange: (session: Session, delay: number) => Promise<boolean>;
  /** Takes up the room that the running server has open, if the journal knows it. */
  readonly resumeRoom: (session: Session) => void;
  /** Asks the server for the whole document; it does not answer if the room is not open. */
  readonly askForRoom: (session: Session) => void;
  /** Asks the world for what no event may hold. */
  readonly perform: (effect: Effect) => void;
  readonly sourceWaitMs: number;
}

/** Who sent a command, and what lets them. */
type Requester = { readonly actor: Actor; readonly entitlement: string };

/** How long an agent may take to open the room of a notebook that nobody has open. */
const OPEN_WITHIN_MS = 15_000;

export class Commands {
  readonly #context: CommandContext;
  readonly #inFlight = new Map<string, Promise<Answer>>();
  /** The last request of each person in each notebook. */
  readonly #lines = new Map<string, Promise<unknown>>();
  #stopping = false;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** What waits is refused from now on. */
  stop(): void {
    this.#stopping = true;
  }

  /** `entitlement`: what lets them. */
  submit(command: Command, principal: Principal, entitlement: string): Promise<Answer> {
    const key = `${command.stream} ${command.id}`;
    const known = this.#inFlight.get(key);
    if (known !== undefined) {
      return known;
    }
    const answered = this.#context.journal.answered(command.id);
    if (answered !== undefined) {
      // Who may run here need not be allowed to read what the id led to elsewhere.
      const elsewhere = answered.some(({ stream }) => stream !== command.stream);
      const detail = `The id ${command.id} was used for something else. Choose another for each command.`;
      return Promise.resolve(
        elsewhere ? { rejection: { code: 'malformed-request', detail } } : { events: answered }
      );
    }
    const trouble = this.#context.journal.trouble(command.id);
    if (trouble !== null) {
      return Promise.resolve({ rejection: trouble });
    }
    const requester: Requester = { actor: actorOf(principal), entitlement };
    const answer = this.#inLine(command, requester).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, answer);
    return answer;
  }

  /** An interrupt never waits for a request whose source has not arrived; other runs of the same person do. */
  #inLine(command: Command, requester: Requester): Promise<Answer> {
    const began = this.#context.clock.now();
    const ordered = command.type === 'execution.request' || command.type === 'execution.cancel';
    if (!ordered) {
      return this.#execute(command, requester, began);
    }
    const key = `${command.stream} ${requester.actor.id}`;
    const before = this.#lines.get(key);
    const answer = before
      ? before.then(() => this.#execute(command, requester, began))
      : this.#execute(command, requester, began);
    const done = answer.then(
      () => undefined,
      () => undefined
    );
    this.#lines.set(key, done);
    void done.then(() => this.#lines.get(key) === done && this.#lines.delete(key));
    return answer;
  }

  /** `began`: when the command came, in ms since the epoch; its deadlines count from then. */
  async #execute(command: Command, requester: Requester, began: number): Promise<Answer> {
    const refusal = await this.#unknownNotebook(command.stream);
    if (refusal !== null) {
      return { rejection: refusal };
    }
    const session = this.#context.session(command.stream);
    this.#context.resumeRoom(session);
    const { clock, sourceWaitMs } = this.#context;
    let deadline = began + sourceWaitMs;
    if (command.type === 'execution.request' && session.openNotebook === null) {
      // The room may be open without our knowing of it; if it is not, the agent opens it.
      this.#context.askForRoom(session);
      this.#startAgent(session, requester);
      await this.#untilOpen(session, began + OPEN_WITHIN_MS);
      deadline = clock.now() + sourceWaitMs;
    }
    for (;;) {
      const answer = this.#decide(session, command, requester);
      if ('durable' in answer) {
        this.#handOver(session, command, answer);
        const delay = await answer.outcome;
        return delay === null ? { events: answer.events } : { rejection: delay };
      }
      const left = deadline - clock.now();
      const reachable = session.openNotebook !== null || command.type === 'execution.answer-input';
      const worthWaiting = reachable && mayPass(answer.rejection, command.type);
      if (!worthWaiting || left <= 0 || this.#stopping) {
        return answer;
      }
      await this.#context.nextChange(session, left);
    }
  }

  /** A password is in no event: the command itself gives the answer to the agent, once it is durable. */
  #handOver(session: Session, command: Command, { events, durable }: Appended): void {
    const { agent } = session.runtime;
    const question = busyExecution(session.runtime)?.question;
    const [event] = events;
    if (command.type !== 'execution.answer-input' || !question || !event) {
      return;
    }
    const { requestId, prompt, password } = question;
    const effect: Effect = {
      type: 'agent.answer-input',
      stream: session.stream,
      plannedBy: event.id,
      epoch: agent.phase === 'none' ? 0 : agent.epoch,
      executionId: command.data.executionId,
      question: { requestId, prompt, password },
      value: command.data.value
    };
    void durable.then(() => this.#context.perform(effect));
  }

  async #unknownNotebook(stream: StreamPath): Promise<Rejection | null> {
    const { journal, server } = this.#context;
    const fileId = fileIdOf(stream);
    if (fileId !== undefined && journal.mark(stream) !== undefined) {
      return null;
    }
    const unknown = `There is no notebook with the stream ${stream}.`;
    if (fileId === undefined) {
      return { code: 'unknown-notebook', detail: unknown };
    }
    try {
      const exists = (await server.pathOf(fileId)) !== null;
      return exists ? null : { code: 'unknown-notebook', detail: unknown };
    } catch (error) {
      // A server that is too busy to answer is the sender's to wait for.
      const detail = `Jupyter Server did not say where the notebook is (${String(error)}). Try again.`;
      return { code: 'runtime-unavailable', detail };
    }
  }

  #decide(
    session: Session,
    command: Command,
    { actor, entitlement }: Requester
  ): ReturnType<Session['append']> | { rejection: Rejection } {
    if (this.#stopping) {
      return { rejection: { code: 'shutting-down', detail: 'Colophon is stopping. Try again.' } };
    }
    const now = new Date(this.#context.clock.now()).toISOString();
    if (command.type === 'execution.request') {
      // What was typed before the run is told before the run.
      const typed = session.room?.replica.flush() ?? [];
      if (typed.length > 0) {
        session.append({ events: withConsequences(session, typed, { at: now }) });
      }
    }
    const decision = decideCommand(session.runtime, session.openNotebook, command, {
      actor,
      assurance: 'verified',
      now,
      newId: () => this.#context.ids.next()
    });
    return 'rejection' in decision
      ? decision
      : session.append({
          events: decision.drafts.map(draft =>
            sameActor(draft.actor, actor) ? { ...draft, entitlement } : draft
          ),
          command: command.id
        });
  }

  /** The agent opens the room by joining it. */
  #startAgent(session: Session, requester: Requester): void {
    if (session.runtime.agent.phase === 'none') {
      const id = this.#context.ids.next() as CommandId;
      this.#decide(
        session,
        { id, stream: session.stream, type: 'agent.start', data: {} },
        requester
      );
    }
  }

  async #untilOpen(session: Session, deadline: number): Promise<void> {
    const { clock } = this.#context;
    while (session.openNotebook === null && !this.#stopping) {
      const left = deadline - clock.now();
      const agentGone = session.runtime.agent.phase === 'none';
      if (left <= 0 || agentGone) {
        return;
      }
      await this.#context.nextChange(session, left);
    }
  }
}

/** The actor that a person at the door is. */
export function actorOf({ username, name, color }: Principal): Actor {
  return {
    kind: 'human',
    id: username,
    ...(name != null && { name }),
    ...(color != null && { color })
  };
}
