/**
 * One run from its begin to its end: what the tap and the reply say becomes outputs in the room, then
 * the end. Guarantees: the end is reported once, after the room has confirmed the last output, and
 * only then does the tap forget it.
 */
import type { FromAgent, InputQuestion } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import type {
  CellRun,
  ExecuteReply,
  KernelChange,
  LimitReached,
  NotebookRoom,
  RunMark,
  RunProgress,
  TapItem,
  TapPosition
} from '../ports/runtime.js';
import { isOutput } from '../ports/runtime.js';
import { changeReason, KernelLife } from './kernel-life.js';
import { OutputPace } from './output-pace.js';
import { endAtLimit, isShown, limitMessage } from './run-limits.js';
import { RunCompletion } from './run-completion.js';
import { isTaken, NO_PROGRESS, progressAfter, progressAfterReply, runEnd } from './run-progress.js';
import type { RunEnd } from './run-progress.js';
import { finishedReport, startedReport } from './run-report.js';
import type { Run } from './run-report.js';

export interface ExecutionWorld {
  readonly room: NotebookRoom;
  readonly clock: Clock;
  readonly kernel: { readonly kernelId: string; readonly kernelName: string };
  readonly report: (message: FromAgent) => void;
  readonly acknowledge: (position: TapPosition) => void;
}

export class CellExecution {
  readonly run: Run;
  /** Settles after `finished` was reported. */
  readonly done: Promise<void>;
  readonly #world: ExecutionWorld;
  readonly #cell: CellRun;
  readonly #pace: OutputPace;
  readonly #completion: RunCompletion;
  readonly #life = new KernelLife();
  readonly #settle: () => void;
  #position: TapPosition;
  /** Last number of the tap that an earlier agent has dealt with. */
  #known = -1;
  #progress: RunProgress = NO_PROGRESS;
  #state: 'running' | 'idle' | 'ended' = 'running';

  constructor(run: Run, world: ExecutionWorld, position: TapPosition) {
    this.run = run;
    this.#world = world;
    this.#position = position;
    this.#cell = world.room.cellRun(run.cellId);
    this.#pace = new OutputPace({
      clock: world.clock,
      room: world.room,
      write: messages => {
        this.#cell.take(messages, this.#mark());
        return this.#position;
      },
      acknowledge: world.acknowledge
    });
    this.#completion = new RunCompletion(world.clock, (reply, idle) => this.#over(reply, idle));
    let settle: () => void = () => undefined;
    this.done = new Promise(resolve => (settle = resolve));
    this.#settle = settle;
  }

  /** Whether the kernel has begun, so that the request must not be sent again. */
  get taken(): boolean {
    return isTaken(this.#progress);
  }

  /** Whether the kernel was restarted since the run began. */
  get restarted(): boolean {
    return this.#life.restarted;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /**
   * Sends, clears the cell and marks it running; ends the run unsent if the cell is gone. False: ended.
   * The request goes first, in the same turn, so that the kernel works while the room is told.
   */
  begin(send: () => void): boolean {
    if (!this.#cell.exists()) {
      this.end({ outcome: 'cancelled', reason: 'The cell was deleted before it could run.' });
      return false;
    }
    send();
    if (!this.ended) {
      this.#cell.begin(this.#mark());
    }
    return true;
  }

  /** Goes on where an earlier agent stopped. Its reply went to that agent, so none is expected. */
  resume(progress: RunProgress): void {
    this.#progress = progress;
    this.#known = this.#position.seq;
    this.#cell.resume();
    this.#completion.replyExpected = false;
    if (progress.timing['iopub.execute_input'] !== undefined) {
      this.#reportStarted();
    }
    if (progress.timing['iopub.status.idle'] !== undefined) {
      // It was over, and the earlier agent had no time to say so.
      this.#over(undefined, true);
    }
  }

  /** The request is on its way: a reply will come. */
  sent(): void {
    this.#completion.replyExpected = true;
  }

  /** The request went out on a connection that is gone: no reply will come. */
  replyLost(): void {
    this.#completion.replyExpected = false;
  }

  /** Takes every item of the tap, in order, of this run or not; passes over what the room has. */
  take(item: TapItem): void {
    if (this.#state !== 'running' || item.seq <= this.#known) {
      return;
    }
    this.#position = { tap: this.#position.tap, seq: item.seq };
    this.#completion.heard();
    if ('event' in item) {
      this.#kernelChanged(item.event);
      return;
    }
    if ('limit' in item) {
      this.#limitReached(item.limit);
      return;
    }
    const { message } = item;
    if (this.#life.isOverBy(message)) {
      this.end({ outcome: 'interrupted', reason: changeReason('restarted') });
      return;
    }
    const ours = message.parent_header.msg_id === this.run.executionId;
    const type = message.header.msg_type;
    if (ours) {
      this.#life.ran(message);
      this.#progress = progressAfter(this.#progress, message, this.#now());
      if (type === 'execute_input') {
        this.#reportStarted();
      } else if (type === 'status' && message.content.execution_state === 'idle') {
        this.#pace.flush();
        this.#state = 'idle';
        this.#completion.idle();
        return;
      }
    }
    // A display can be updated from anywhere; every other output belongs to its request.
    if (
      isOutput(message) &&
      (ours || type === 'update_display_data') &&
      isShown(this.#progress.limit, message)
    ) {
      this.#pace.add(message);
    }
  }

  /** Shows question and answer among the outputs, in JupyterLab's words; of a password nothing. */
  answered({ prompt, password }: InputQuestion, value: string): void {
    if (this.#state !== 'running') {
      return;
    }
    const text = `${prompt} ${password ? '········' : value}\n`;
    this.#pace.add({
      header: { msg_id: '', msg_type: 'stream' },
      parent_header: { msg_id: this.run.executionId },
      metadata: {},
      content: { name: 'stdin', text }
    });
  }

  replied(reply: ExecuteReply): void {
    if (this.#state !== 'ended') {
      if (reply.nextInput !== undefined) {
        this.#cell.takeNextInput(reply.nextInput);
      }
      this.#progress = progressAfterReply(this.#progress, reply);
      this.#completion.replied(reply);
    }
  }

  /** The kernel has answered what was asked after the run, and has not ended it: an earlier process had it. */
  endLost(): void {
    if (this.#state === 'running') {
      this.end({ outcome: 'interrupted', reason: changeReason('restarted') });
    }
  }

  /** Ends the run once; later calls change nothing. */
  end(end: RunEnd): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#pace.stop();
    this.#state = 'ended';
    this.#completion.stop();
    this.#cell.end(this.#mark());
    const finish = endAtLimit(end, this.#progress.limit);
    const report = finishedReport(this.run, finish, this.#progress, this.#now());
    const position = this.#position;
    void this.#world.room.confirmed().then(() => {
      this.#world.acknowledge(position);
      this.#world.report(report);
      this.#settle();
    });
  }

  #over(reply: ExecuteReply | undefined, idle: boolean): void {
    const end = runEnd(this.#progress, reply);
    const silent = 'The kernel did not report the end of its output.';
    this.end(idle ? end : { ...end, reason: end.reason ?? silent });
  }

  #limitReached(limit: LimitReached): void {
    if (limit.executionId === this.run.executionId) {
      const { executionId, cellId } = this.run;
      // Before the room has it: said twice at worst, never lost.
      this.#world.report({ type: 'limit-reached', ...limit, executionId, cellId });
      this.#progress = { ...this.#progress, limit };
      this.#pace.add(limitMessage(limit));
    }
  }

  #kernelChanged(change: KernelChange): void {
    if (change === 'restarted') {
      this.#life.restart();
    } else {
      this.end({ outcome: 'interrupted', reason: changeReason(change) });
    }
  }

  #reportStarted(): void {
    const { kernel, report } = this.#world;
    report(startedReport(this.run, kernel, this.#progress, this.#now()));
  }

  #mark(): RunMark {
    return {
      ...this.#position,
      executionId: this.run.executionId,
      kernelId: this.#world.kernel.kernelId,
      progress: this.#progress
    };
  }

  #now(): string {
    return new Date(this.#world.clock.now()).toISOString();
  }
}
