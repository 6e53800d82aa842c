/** For readers: the agent, what runs and what waits. */
import type {
  Actor,
  CellId,
  ExecutionId,
  InputQuestion,
  RunId,
  Timestamp
} from '../../../schema/index.js';
import { busyExecution, waitingExecutions } from '../execution/state.js';
import type { AgentState, ExecutionState, RuntimeState } from '../execution/state.js';

/** An unfinished execution, without its source. */
export interface QueuedRun {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly actor: Actor;
  readonly requestedAt: Timestamp;
  /** Null until the kernel took it. */
  readonly startedAt: Timestamp | null;
  /** What it asks and nobody has answered; null if it asks nothing. */
  readonly question: InputQuestion | null;
}

/** State of a notebook's runtime, as the status bar shows it. */
export interface RuntimeView {
  readonly agent: {
    readonly phase: AgentState['phase'];
    /** 0 before the first agent. */
    readonly epoch: number;
    readonly kernelId: string | null;
    readonly kernelName: string | null;
  };
  readonly queue: {
    readonly running: QueuedRun | null;
    /** In the order in which they will run. */
    readonly waiting: readonly QueuedRun[];
  };
}

/** The view of a state. */
export function runtimeView(state: RuntimeState): RuntimeView {
  const { agent } = state;
  const ready = agent.phase === 'ready' ? agent : null;
  const busy = busyExecution(state);
  return {
    agent: {
      phase: agent.phase,
      epoch: agent.phase === 'none' ? state.lastEpoch : agent.epoch,
      kernelId: ready?.kernelId ?? null,
      kernelName: ready?.kernelName ?? null
    },
    queue: {
      running: busy === undefined ? null : queuedRun(busy),
      waiting: waitingExecutions(state).map(queuedRun)
    }
  };
}

function queuedRun(execution: ExecutionState): QueuedRun {
  const { executionId, runId, cellId, requester: actor, requestedAt } = execution;
  const startedAt = execution.phase === 'running' ? execution.startedAt : null;
  const question = questionOf(execution);
  return { executionId, runId, cellId, actor, requestedAt, startedAt, question };
}

function questionOf(execution: ExecutionState): InputQuestion | null {
  if (execution.phase === 'requested' || execution.question?.answered !== false) {
    return null;
  }
  const { requestId, prompt, password } = execution.question;
  return { requestId, prompt, password };
}
