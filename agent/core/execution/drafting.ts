/**
 * A decision under way: the facts decided so far, and the state as they leave it. What every
 * decision about runs shares is here: how executions end, and that an idle agent gets the next one.
 */
import type { Actor, Assurance, Draft, Fact, FactOf, Timestamp } from '../../../schema/index.js';
import { HOST_ACTOR, runtimeActor } from '../actors.js';
import { evolveRuntime } from './evolve.js';
import { busyExecution, overExecution, waitingExecutions } from './state.js';
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
    const next = waitingExecutions(this.state)[0];
    if (next !== undefined && busyExecution(this.state) === undefined) {
      this.#assign(next);
    }
    return this.drafts;
  }

  /**
   * The kernel is done with this one, so that it can have the next: only of the same run and the same
   * person, whom the runtime's writing names, and of another cell, which shows one run at a time.
   */
  assignAfter(ended: BusyExecution, after: FactOf<'execution.finished'>['data']): void {
    const next = waitingExecutions(this.state)[0];
    const { agent } = this.state;
    if (
      next?.runId === ended.runId &&
      next.requester.kind === ended.requester.kind &&
      next.requester.id === ended.requester.id &&
      next.cellId !== ended.cellId &&
      overExecution(this.state) === undefined &&
      !ended.stopAsked &&
      agent.phase === 'ready' &&
      agent.kernelId !== null
    ) {
      this.#assign(next, after);
    }
  }

  #assign(next: ExecutionState, after?: FactOf<'execution.finished'>['data']): void {
    const { agent } = this.state;
    if (agent.phase === 'ready') {
      const { executionId, cellId, runId, requester } = next;
      const { epoch, kernelId } = agent;
      const data = { executionId, cellId, epoch, kernelId, ...(after && { after }) };
      this.add({ type: 'execution.assigned', v: 1, data }, runtimeActor(requester), runId);
    }
  }
}
