/**
 * Who runs what in one notebook: a fold of its stream. Everything that decisions about runs need,
 * and nothing else.
 */
import type {
  Actor,
  CellId,
  Digest,
  ExecutionId,
  InputQuestion,
  RunId,
  Timestamp
} from '../../../schema/index.js';

/** The runtime agent, as far as the journal knows. */
export type AgentState =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'starting';
      readonly epoch: number;
      /** Only to set right what the one before left behind. */
      readonly tidying?: true;
    }
  | {
      readonly phase: 'ready';
      readonly epoch: number;
      readonly since: Timestamp;
      readonly kernelId: string | null;
      readonly kernelName: string | null;
    }
  | {
      readonly phase: 'stopping';
      readonly epoch: number;
      /** Start the next one when it is gone. */
      readonly restart: boolean;
      /** Who asked for the stop. */
      readonly by: Actor;
    };

/** What every unfinished execution has. */
interface Requested {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
  readonly sourceHash: Digest;
  readonly allowError: boolean;
  readonly requester: Actor;
  readonly requestedAt: Timestamp;
}

/** A question of a run, answered or not. */
export interface AskedQuestion extends InputQuestion {
  readonly answered: boolean;
}

/** Given to an agent. */
interface Assigned extends Requested {
  readonly kernelId: string | null;
  /** An interrupt or a restart of the kernel was asked for since; what waited then is cancelled. */
  readonly stopAsked: boolean;
  /** What it asked last; absent if it never asked. */
  readonly question?: AskedQuestion;
  readonly limitReached?: true;
}

/** An execution in one of its phases before the end. */
export type ExecutionState =
  | ({ readonly phase: 'requested' } & Requested)
  | ({ readonly phase: 'assigned' } & Assigned)
  | ({
      readonly phase: 'running';
      readonly startedAt: Timestamp;
      readonly executionCount: number | null;
    } & Assigned);

/** The one that an agent has. */
export type BusyExecution = Exclude<ExecutionState, { phase: 'requested' }>;

/** State of a notebook's runtime. */
export interface RuntimeState {
  readonly agent: AgentState;
  /** Highest epoch used; 0 before the first agent. */
  readonly lastEpoch: number;
  /** Agents that failed in a row without any execution coming to its end. */
  readonly failures: number;
  /** Unfinished executions in the order of request. At most one is not `requested`. */
  readonly active: readonly ExecutionState[];
  /** The cell of the run that ended last without an agent's word, so that it may still seem to run. */
  readonly untidy?: CellId;
  /** What was recorded last of what its kernels run in; absent if nothing was. */
  readonly environment?: KnownEnvironment;
}

/** `listed`: the packages that the stream has the list of, by digest. */
export interface KnownEnvironment {
  readonly kernelId: string;
  readonly environment: Digest;
  readonly listed: readonly Digest[];
}

/** A notebook that nothing ever ran in. */
export const IDLE_RUNTIME: RuntimeState = {
  agent: { phase: 'none' },
  lastEpoch: 0,
  failures: 0,
  active: []
};

/** The execution that is assigned or running, if any. */
export function busyExecution(state: RuntimeState): BusyExecution | undefined {
  return state.active.find(isBusy);
}

/** The executions that wait, in order. */
export function waitingExecutions(state: RuntimeState): ExecutionState[] {
  return state.active.filter(execution => execution.phase === 'requested');
}

function isBusy(execution: ExecutionState): execution is BusyExecution {
  return execution.phase !== 'requested';
}
