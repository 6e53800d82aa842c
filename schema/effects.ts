/** Requests to the world, as data. Each bears the id of the event that planned it. */
import type { ActorIdentity } from './actor.js';
import type { InputQuestion } from './agent-link.js';
import type { FactOf } from './events/index.js';
import type { CellId, EventId, ExecutionId, StreamPath } from './ids.js';

/** One run as an agent is told of it. */
export interface PlannedRun {
  readonly executionId: ExecutionId;
  readonly cellId: CellId;
  readonly source: string;
  readonly allowError: boolean;
  readonly requester: ActorIdentity;
  /** Another execution of the same request waits behind it. */
  readonly followed?: true;
}

export type Effect = { readonly stream: StreamPath; readonly plannedBy: EventId } & (
  | {
      readonly type: 'agent.start';
      readonly epoch: number;
      /** What an earlier agent left unfinished. */
      readonly resume?: {
        readonly run: PlannedRun;
        readonly kernelId: string | null;
        /** The one before it, which is over in the kernel while its end is not stated. */
        readonly before?: {
          readonly run: PlannedRun;
          readonly kernelId: string | null;
          readonly end: FactOf<'execution.finished'>['data'];
        };
      };
    }
  | { readonly type: 'agent.stop'; readonly epoch: number }
  | ({ readonly type: 'agent.run'; readonly epoch: number } & PlannedRun)
  | { readonly type: 'agent.interrupt'; readonly epoch: number }
  /** Planned by the command itself: a password is in no event. */
  | {
      readonly type: 'agent.answer-input';
      readonly epoch: number;
      readonly executionId: ExecutionId;
      readonly question: InputQuestion;
      readonly value: string;
    }
  | { readonly type: 'agent.restart-kernel'; readonly epoch: number }
  /** The notebook's file was renamed. */
  | { readonly type: 'agent.moved'; readonly epoch: number; readonly path: string }
);
