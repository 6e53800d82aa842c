/**
 * A decision under way: the facts decided so far, and the state as they leave it. What every
 * decision about runs shares is here: how executions end, and that an idle agent gets the next one.
 */
import type { Actor, Assurance, Draft, Fact, FactOf, Timestamp } from '../../../schema/index.js';
import { HOST_ACTOR, runtimeActor } from '../actors.js';
import { evolveRuntime } from './evolve.js';
import { busyExecution, waitingExecutions } from './state.js';
import type { BusyExecution, ExecutionState, RuntimeState } from './state.js';

/** The end of an execution, without what the execution itself tells. */
export type Ending = Pick<FactOf<'execution.finished'>['data'], 'outcome' | 'reason'> &
  Partial<Pick<FactOf<'execution.finished'>['data'], 'error' | 'executionCount' | 'startedAt'>>;

/** Collects drafts and folds them as it goes. */
export class Drafting {
  readonly drafts: Draft[] = [];

  constructor(
    public state: RuntimeState,
    private readonly now: Timestamp,
    private readonly causationId?: string
  ) {}

  /** States a fact. The host and the runtime state verified facts; a command bears its sender's assurance. */
  add(fact: Fact, actor: Actor, correlationId?: string, assurance: Assurance = 'verified'): void {
    const draft: Draft = {
      ...fact,
      at: this.now,
      actor,
      assurance,
      ...(this.causationId === undefined ? {} : { causationId: this.causationId }),
      ...(correlationId === undefined ? {} : { correlationId })
    };
    this.drafts.push(draft);
    this.state = evolveRuntime(this.state, draft);
  }

  /** Ends an execution. */
  finish(execution: ExecutionState, ending: Ending, actor: Actor, assurance?: Assurance): void {
    const running = execution.phase === 'running' ? execution : undefined;
    this.add(
      {
        type: 'execution.finished',
        v: 1,
        data: {
          executionId: execution.executionId,
          cellId: execution.cellId,
          executionCount: running?.executionCount ?? null,
          startedAt: running?.startedAt ?? null,
          finishedAt: this.now,
          ...ending
        }
      },
      actor,
      execution.runId,
      assurance
    );
  }

  /** Cancels every waiting execution that `which` names. */
  cancelWaiting(
    which: (execution: ExecutionState) => boolean,
    reason: string,
    actor: Actor,
    assurance?: Assurance
  ): void {
    for (const execution of waitingExecutions(this.state).filter(which)) {
      this.finish(execution, { outcome: 'cancelled', reason }, actor, assurance);
    }
  }

  /** Cancels what must not go on after `ended`: the rest of its run, and what else its requester waits for. */
  cancelFollowers(ended: BusyExecution, reason: string, actor: Actor, assurance?: Assurance): void {
    this.cancelWaiting(
      execution =>
        execution.runId === ended.runId ||
        (execution.requester.kind === ended.requester.kind &&
          execution.requester.id === ended.requester.id),
      reason,
      actor,
      assurance
    );
  }

  /** Asks for an agent if there is none and something needs it. */
  startIfNeeded(actor: Actor = HOST_ACTOR, assurance?: Assurance): void {
    const { agent, active } = this.state;
    const lacking = agent.phase === 'none' || (agent.phase === 'stopping' && !agent.restart);
    if (lacking && active.length > 0) {
      this.add({ type: 'agent.start-requested', v: 1, data: {} }, actor, undefined, assurance);
    }
  }

  /** Gives the first waiting execution to the agent, if it is ready and has none. Ends every decision. */
  assignNext(): Draft[] {
    const { agent } = this.state;
    const next = waitingExecutions(this.state)[0];
    if (agent.phase === 'ready' && next !== undefined && busyExecution(this.state) === undefined) {
      const { executionId, cellId, runId, requester } = next;
      const { epoch, kernelId } = agent;
      this.add(
        { type: 'execution.assigned', v: 1, data: { executionId, cellId, epoch, kernelId } },
        runtimeActor(requester),
        runId
      );
    }
    return this.drafts;
  }
}
