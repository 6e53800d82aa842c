/**
 * What the tap and the reply have said of a run so far, and up to which place in the tap: the room keeps
 * it as the run's mark, so that another agent can go on from there. Guarantees: the host is told of the
 * run's begin and of its limit before the room knows: said twice at worst, never lost.
 */
import type { FromAgent } from '../../schema/index.js';
import type { RunEnd } from '../core/execution/limit-end.js';
import { asUpdate } from '../core/outputs/output-message.js';
import type { Clock } from '../ports/inputs.js';
import type {
  ExecuteReply,
  IopubMessage,
  LimitReached,
  RunMark,
  RunProgress,
  TapItem,
  TapPosition
} from '../ports/runtime.js';
import { isOutput } from '../ports/runtime.js';
import { changeReason, KernelLife } from './kernel-life.js';
import { isShown, limitMessage } from './run-limits.js';
import { isTaken, NO_PROGRESS, progressAfter, progressAfterReply, runEnd } from './run-progress.js';
import { startedReport, type Run } from './run-report.js';

/** What an item of the tap means for the run. */
export type Heard =
  | { readonly type: 'output'; readonly message: IopubMessage }
  /** The kernel has reported the end of its output. */
  | { readonly type: 'idle' }
  /** The process that had the run is gone, with the reason for a person. */
  | { readonly type: 'gone'; readonly reason: string };

export interface AccountWorld {
  readonly clock: Clock;
  readonly kernel: { readonly kernelId: string; readonly kernelName: string };
  /** Of the kernel's process that was heard last; absent if none was. */
  readonly session?: string | undefined;
  readonly report: (message: FromAgent) => void;
}

export class RunAccount {
  readonly run: Run;
  readonly #world: AccountWorld;
  readonly #life: KernelLife;
  #position: TapPosition;
  /** Last number of the tap that an earlier agent has dealt with. */
  #known = -1;
  #progress: RunProgress = NO_PROGRESS;

  constructor(run: Run, world: AccountWorld, position: TapPosition) {
    this.run = run;
    this.#world = world;
    this.#life = new KernelLife(world.session);
    this.#position = position;
  }

  get position(): TapPosition {
    return this.#position;
  }

  get progress(): RunProgress {
    return this.#progress;
  }

  /** Whether the kernel has begun, so that the request must not be sent again. */
  get taken(): boolean {
    return isTaken(this.#progress);
  }

  /** Whether the process that the kernel had when the run began is gone. */
  get restarted(): boolean {
    return this.#life.restarted;
  }

  /** Why a run ended that no process has any more; for a person. */
  get lost(): string {
    return this.#life.lost;
  }

  get mark(): RunMark {
    return {
      ...this.#position,
      executionId: this.run.executionId,
      kernelId: this.#world.kernel.kernelId,
      progress: this.#progress
    };
  }

  /** Goes on where an earlier agent stopped. */
  resume(progress: RunProgress): void {
    this.#progress = progress;
    this.#known = this.#position.seq;
    if (progress.timing['iopub.execute_input'] !== undefined) {
      this.#reportStarted();
    }
  }

  /** Whether an earlier agent has dealt with it. */
  knows({ seq }: TapItem): boolean {
    return seq <= this.#known;
  }

  /** Takes every item of the tap, in order, of this run or not. Undefined: it means nothing for the run. */
  hear(item: TapItem): Heard | undefined {
    this.#reach(item);
    if ('event' in item) {
      return gone(this.#life.endedBy(item.event, this.taken));
    }
    if ('limit' in item) {
      return this.#limited(item.limit);
    }
    if ('gap' in item) {
      if (this.taken && this.#progress.gap === undefined) {
        this.#progress = { ...this.#progress, gap: item.gap };
      }
      return undefined;
    }
    const { message } = item;
    if (this.#life.isOverBy(message, this.taken)) {
      return gone(changeReason('restarted'));
    }
    return (this.#isOurs(message) ? this.#said(message) : undefined) ?? this.#shown(message);
  }

  /** As `hear`, behind the last output of the kernel: what threads print on belongs to the run, too. */
  hearBehind(item: TapItem): Heard | undefined {
    const heard = 'message' in item ? this.#shown(item.message) : undefined;
    if (heard !== undefined) {
      this.#reach(item);
    }
    return heard;
  }

  replied(reply: ExecuteReply): void {
    this.#progress = progressAfterReply(this.#progress, reply);
  }

  /**
   * How the run has ended in the kernel. `reply` undefined: none came. `idle` false: the kernel never
   * reported the end of its output.
   */
  endAfter(reply: ExecuteReply | undefined, idle: boolean): RunEnd {
    const end = runEnd(this.#progress, reply);
    const silent = 'The kernel did not report the end of its output.';
    return idle ? end : { ...end, reason: end.reason ?? silent };
  }

  #reach({ seq }: TapItem): void {
    this.#position = { tap: this.#position.tap, seq };
  }

  #isOurs({ parent_header }: IopubMessage): boolean {
    return parent_header.msg_id === this.run.executionId;
  }

  #said(message: IopubMessage): Heard | undefined {
    this.#life.ran(message);
    this.#progress = progressAfter(this.#progress, message, this.#now());
    const { header, content } = message;
    if (header.msg_type === 'execute_input') {
      this.#reportStarted();
    }
    const idle = header.msg_type === 'status' && content.execution_state === 'idle';
    return idle ? { type: 'idle' } : undefined;
  }

  /** A display can be updated, or shown again, from anywhere; every other output belongs to its request. */
  #shown(message: IopubMessage): Heard | undefined {
    const told = this.#isOurs(message) ? message : asUpdate(message);
    const isTold = told !== undefined && isOutput(told) && isShown(this.#progress.limit, told);
    return isTold ? { type: 'output', message: told } : undefined;
  }

  #limited(limit: LimitReached): Heard | undefined {
    const { executionId, cellId } = this.run;
    if (limit.executionId !== executionId) {
      return undefined;
    }
    this.#world.report({ type: 'limit-reached', ...limit, executionId, cellId });
    this.#progress = { ...this.#progress, limit };
    return { type: 'output', message: limitMessage(limit) };
  }

  #reportStarted(): void {
    const { kernel, report } = this.#world;
    report(startedReport(this.run, kernel, this.#progress, this.#now()));
  }

  #now(): string {
    return new Date(this.#world.clock.now()).toISOString();
  }
}

function gone(reason: string | undefined): Heard | undefined {
  return reason === undefined ? undefined : { type: 'gone', reason };
}
