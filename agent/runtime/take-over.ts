/**
 * What an earlier agent left: the run that the kernel has, and perhaps the one before it, which is over
 * in the kernel while its end is not stated. Guarantees: each is gone on with from what the room has of
 * it, or ended with the reason; neither is given to the kernel twice.
 */
import type { FromAgent, ToAgent } from '../../schema/index.js';
import { endAtLimit, type RunEnd } from '../core/execution/limit-end.js';
import { ALL_KEPT } from '../ports/runtime.js';
import type {
  EnteredRoom,
  NotebookRoom,
  RunMark,
  TapAttached,
  TapPosition
} from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';
import type { EndOrder } from './end-order.js';
import type { KernelChoice } from './kernel-choice.js';
import type { NotebookKernel } from './notebook-kernel.js';
import type { RunQueue } from './run-queue.js';
import type { Run } from './run-report.js';

export type Left = NonNullable<Extract<ToAgent, { type: 'join' }>['resume']>;

/** A run that is over in the kernel. */
export type Over = NonNullable<Left['before']>;

/** What taking over needs of the runtime. */
export interface TakeOverWorld {
  readonly kernel: NotebookKernel;
  readonly choice: KernelChoice;
  readonly queue: Pick<RunQueue, 'execute' | 'open'>;
  readonly ends: EndOrder;
  /** The execution hears the tap again: the kernel is asked whether it has the request. */
  readonly goOn: (execution: CellExecution) => void;
  readonly report: (message: FromAgent) => void;
  readonly note: (line: string) => void;
}

const GONE = 'The kernel was shut down or changed while the runtime was away.';
const LOST = 'Outputs of the kernel were lost while the runtime was away.';

export class TakeOver {
  /** What the kernel has. */
  readonly run: Run;
  readonly #kernelId: string | null;
  readonly #world: TakeOverWorld;
  /** The tap is attached behind the run that is over, and what came behind it waits. */
  #replayed = false;

  constructor({ run, kernelId }: Left, world: TakeOverWorld) {
    this.run = run;
    this.#kernelId = kernelId;
    this.#world = world;
  }

  /** The run that the kernel has, or was to have: goes on with it, once. */
  async goOn(room: EnteredRoom): Promise<void> {
    const { run } = this;
    const { kernel, queue, ends, goOn } = this.#world;
    const before = markOf(room, run);
    const wanted = before?.kernelId ?? this.#kernelId;
    const attached = await this.#attach(wanted, before ?? ALL_KEPT);
    const { current } = kernel;
    if (attached === undefined || current === undefined) {
      await (wanted === null ? queue.execute(room, run) : this.#abandon(room, run, wanted));
      return;
    }
    // An older agent that still lives has written on until the tap was ours.
    await room.confirmed();
    const mark = markOf(room, run);
    const execution = queue.open(run, room, current, mark ?? attached);
    if (follow(execution, mark, attached)) {
      kernel.tap.release();
      goOn(execution);
    }
    await ends.overWith(execution);
  }

  /**
   * The run that is over: the room gets what it lacks of it, then its end is told. What the kernel has
   * said behind it waits for the run that the kernel has.
   */
  async tellOver(room: EnteredRoom, { run, kernelId, end }: Over): Promise<void> {
    const { kernel, choice, queue, goOn, report } = this.#world;
    // The room has what was written in the order in which it was.
    const isWhole = (): boolean => room.mark()?.executionId === this.run.executionId;
    const before = markOf(room, run);
    const wanted = before?.kernelId ?? kernelId;
    const attached = isWhole() ? undefined : await choice.resume(wanted, before ?? ALL_KEPT);
    await room.confirmed();
    if (isWhole()) {
      report({ type: 'finished', ...end });
      return;
    }
    const { current } = kernel;
    if (attached === undefined || current === undefined) {
      await this.#abandon(room, run, wanted ?? 'unknown');
      return;
    }
    const mark = markOf(room, run);
    const execution = queue.open(run, room, current, mark ?? attached);
    follow(execution, mark, attached);
    this.#replayed = true;
    if (execution.listening) {
      kernel.tap.release();
      goOn(execution);
    }
    await execution.done;
  }

  /** Items wait: those behind an earlier run that was gone on with, too. */
  async #attach(kernelId: string | null, after: TapPosition): Promise<TapAttached | undefined> {
    const { kernel, choice } = this.#world;
    const { current } = kernel;
    const { position } = kernel.tap;
    const isThere = this.#replayed && position !== undefined && current?.kernelId === kernelId;
    return isThere ? { ...position, lost: false } : choice.resume(kernelId, after);
  }

  /** The kernel is gone: leaves no cell that seems to run. */
  async #abandon(room: NotebookRoom, run: Run, kernelId: string): Promise<void> {
    const mark = markOf(room, run);
    if (mark !== undefined) {
      const cell = room.cellRun(run.cellId);
      cell.resume();
      cell.close(mark);
      await cell.work;
      cell.end(mark);
    }
    room.quieten();
    this.#world.note(`Kernel ${kernelId} is gone`);
    const end = { outcome: 'interrupted', reason: GONE } as const;
    await this.#world.ends.finishUnrun(run, endAtLimit(end, mark?.progress.limit));
  }
}

/** The end as the kernel's word was told. */
export function endOf({ outcome, reason, error }: Over['end']): RunEnd {
  return { outcome, ...(reason !== undefined && { reason }), ...(error && { error }) };
}

/** Brings the execution to where the room is. False: it ended with that. */
function follow(
  execution: CellExecution,
  mark: RunMark | undefined,
  attached: TapAttached
): boolean {
  if (mark === undefined) {
    return execution.begin(() => undefined);
  }
  execution.resume(mark.progress);
  if (mark.tap !== attached.tap || (attached.lost && mark.seq < attached.seq)) {
    execution.end({ outcome: 'interrupted', reason: LOST });
  }
  return true;
}

/** How far the room's outputs of this run go; undefined if they are of another run. */
export function markOf(room: NotebookRoom, run: Run): RunMark | undefined {
  const mark = room.mark();
  return mark?.executionId === run.executionId ? mark : undefined;
}
