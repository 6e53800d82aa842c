/**
 * One run from its begin to its end: what the tap and the reply say becomes outputs in the room, then
 * the end. Guarantees: the end is reported once, after the room has confirmed the last output, and
 * only then does the tap forget it.
 */
import type { Digest, FromAgent, InputQuestion } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import type {
  CellRun,
  ExecuteReply,
  IopubMessage,
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

/** How long a kernel that ended before it took the run is given to start again. Milliseconds. */
const RESTART_PATIENCE = 30_000;

export interface ExecutionWorld {
  readonly room: NotebookRoom;
  readonly clock: Clock;
  readonly kernel: { readonly kernelId: string; readonly kernelName: string };
  readonly report: (message: FromAgent) => void;
  readonly acknowledge: (position: TapPosition) => void;
  /** The tap gives no more items until it is called with false. */
  readonly hold: (held: boolean) => void;
  /** What the kernel runs in, if it is known at the end of the run. */
  readonly environment: () => Digest | undefined;
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
  #last: IopubMessage | undefined;

  constructor(run: Run, world: ExecutionWorld, position: TapPosition) {
    this.run = run;
    this.#world = world;
    this.#position = position;
    this.#cell = world.room.cellRun(run.cellId);
    this.#pace = new OutputPace({
      clock: world.clock,
      room: world.room,
      cell: this.#cell,
      write: (messages, when) => {
        this.#cell.take(messages, this.#mark(), when);
        return this.#position;
      },
      acknowledge: world.acknowledge,
      hold: held => {
        this.#completion.held = held;
        world.hold(held);
      }
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
    if (this.ended) {
      return;
    }
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
    if (this.#life.isOverBy(message, this.taken)) {
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

  /** A restart was granted long ago; unless the tap has told of it, the run has ended with it. */
  restartUntold(): void {
    if (!this.restarted) {
      this.end({ outcome: 'interrupted', reason: 'The kernel was restarted.' });
    }
  }

  /** Shows this behind all that the kernel says in the run. */
  showAtEnd(message: IopubMessage): void {
    this.#last = message;
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
    this.#state = 'ended';
    this.#completion.stop();
    if (this.#last !== undefined) {
      this.#pace.add(this.#last);
    }
    const now = this.#now();
    after(this.#pace.stop(), () => {
      this.#cell.close(this.#mark());
      after(this.#cell.work, () => this.#finish(end, now));
    });
  }

  /** Everything is written, and what is kept outside is complete. */
  #finish(end: RunEnd, now: string): void {
    this.#cell.end(this.#mark());
    const finish = endAtLimit(end, this.#progress.limit);
    const position = this.#position;
    void this.#world.room.confirmed().then(() => {
      const environment = this.#world.environment();
      const report = finishedReport(this.run, finish, this.#progress, now, environment);
      this.#world.acknowledge(position);
      this.#world.report(report);
      this.#settle();
    });
  }

  /** The runtime leaves: writes what it has, and nothing more once this settles; tells no end. */
  async leave(): Promise<void> {
    if (this.#state !== 'ended') {
      this.#state = 'ended';
      this.#completion.stop();
      await this.#pace.stop();
    }
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
    } else if (change === 'died' && !this.taken) {
      // Jupyter Server starts it again, and the request may be with the new process.
      this.#world.clock.after(RESTART_PATIENCE, () => {
        if (!this.taken && !this.restarted) {
          this.end({ outcome: 'interrupted', reason: changeReason(change) });
        }
      });
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

/** Goes on when the work is done: at once, in the same turn, if there is none. */
function after(work: Promise<void> | undefined, next: () => void): void {
  if (work === undefined) {
    next();
  } else {
    void work.then(next);
  }
}
