/**
 * Who runs what in one notebook: a fold of its stream. Everything that decisions about runs need,
 * and nothing else.
 */
import type {
  Actor,
  ActorIdentity,
  CellId,
  Digest,
  ExecutionId,
  FactOf,
  InputQuestion,
  RunId,
  Timestamp
} from '../../../schema/index.js';
import type { Reached } from './limit-end.js';

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
  readonly limitReached?: Reached;
  /** How it ended in the kernel; its end is stated once its outputs are told. Another one has begun. */
  readonly over?: FactOf<'execution.finished'>['data'];
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

/** One that an agent has. */
export type BusyExecution = Exclude<ExecutionState, { phase: 'requested' }>;

/** One that is over in the kernel. */
export type OverExecution = BusyExecution & Required<Pick<BusyExecution, 'over'>>;

/** State of a notebook's runtime. */
export interface RuntimeState {
  readonly agent: AgentState;
  /** Highest epoch used; 0 before the first agent. */
  readonly lastEpoch: number;
  /** Agents that failed in a row without any execution coming to its end. */
  readonly failures: number;
  /**
   * Unfinished executions in the order of request. At most one that an agent has is not over, and at
   * most one is over, before it.
   */
  readonly active: readonly ExecutionState[];
  /** The last run of each cell that an agent had and that has ended: its output may still come. */
  readonly ended?: Readonly<Record<CellId, EndedExecution>>;
  /** The cells of the runs that ended without an agent's word since, so that they may still seem to run. */
  readonly untidy?: readonly CellId[];
  /** What was recorded last of what its kernels run in; absent if nothing was. */
  readonly environment?: KnownEnvironment;
}

/** An execution that has ended, and for whom it was. */
export interface EndedExecution {
  readonly executionId: ExecutionId;
  readonly person: ActorIdentity;
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

/** The execution that the kernel has or is to have, if any. */
export function busyExecution(state: RuntimeState): BusyExecution | undefined {
  return assignedExecutions(state).find(({ over }) => over === undefined);
}

/** The execution that is over in the kernel while its end is not stated, if any. */
export function overExecution(state: RuntimeState): OverExecution | undefined {
  return assignedExecutions(state).find(isOver);
}

/** What an agent has, in order. */
export function assignedExecutions(state: RuntimeState): BusyExecution[] {
  return state.active.filter(isBusy);
}

/** The executions that wait, in order. */
export function waitingExecutions(state: RuntimeState): ExecutionState[] {
  return state.active.filter(execution => execution.phase === 'requested');
}

/** Who asked for an execution that an agent has or had; undefined if that is not known. */
export function requesterOf(
  state: RuntimeState,
  executionId: string | undefined
): Actor | undefined {
  const is = (each: { readonly executionId: ExecutionId }): boolean =>
    each.executionId === executionId;
  return (
    state.active.find(each => isBusy(each) && is(each))?.requester ??
    Object.values(state.ended ?? {}).find(is)?.person
  );
}

function isBusy(execution: ExecutionState): execution is BusyExecution {
  return execution.phase !== 'requested';
}

function isOver(execution: BusyExecution): execution is OverExecution {
  return execution.over !== undefined;
}
