/**
 * One run from its begin to its end: what the tap and the reply say becomes outputs in the room, then
 * the end. Guarantees: outputs are written in order, the first at once and a flood in pauses; the end
 * is reported once, after the room has confirmed the last output; the tap forgets a message only
 * when the room has it.
 */
import type { FromAgent, ToAgent } from '../../schema/index.js';
import type { Clock } from '../ports.js';
import type {
  CellRun,
  ExecuteReply,
  IopubMessage,
  KernelChange,
  NotebookRoom,
  RunMark,
  RunProgress,
  TapItem,
  TapPosition
} from '../ports/runtime.js';
import { isTaken, NO_PROGRESS, progressAfter, progressAfterReply, runEnd } from './run-progress.js';
import type { RunEnd } from './run-progress.js';

/** The run as the host asks for it. */
export type Run = Omit<Extract<ToAgent, { type: 'run' }>, 'type'>;

/** Milliseconds. */
const PAUSE_BETWEEN_WRITES = 50;
const CONFIRM_EVERY = 1000;
const SAVE_EVERY = 10_000;
const REPLY_PATIENCE = 1000;
const IDLE_PATIENCE = 10_000;

const OUTPUTS = new Set([
  'stream',
  'display_data',
  'execute_result',
  'error',
  'clear_output',
  'update_display_data'
]);

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
  readonly #settle: () => void;
  #position: TapPosition;
  #progress: RunProgress = NO_PROGRESS;
  #waiting: IopubMessage[] = [];
  #writtenSeq = 0;
  #lastWrite = 0;
  #lastSave: number;
  #cancelWrite: (() => void) | undefined;
  #cancelTick: () => void;
  #cancelPatience: () => void = () => undefined;
  #reply: ExecuteReply | undefined;
  #replyExpected = true;
  #session: string | undefined;
  #restarted = false;
  #state: 'running' | 'idle' | 'ended' = 'running';

  constructor(run: Run, world: ExecutionWorld, position: TapPosition) {
    this.run = run;
    this.#world = world;
    this.#position = position;
    this.#cell = world.room.cellRun(run.cellId);
    this.#lastSave = world.clock.now();
    this.#cancelTick = world.clock.after(CONFIRM_EVERY, () => this.#tick());
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
    return this.#restarted;
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
    this.#cell.resume();
    this.#replyExpected = false;
    if (progress.timing['iopub.execute_input'] !== undefined) {
      this.#reportStarted();
    }
  }

  /** The request is on its way: a reply will come. */
  sent(): void {
    this.#replyExpected = true;
  }

  /** The request went out on a connection that is gone: no reply will come. */
  replyLost(): void {
    this.#replyExpected = false;
  }

  /** Takes every item of the tap, in order, of this run or not. */
  take(item: TapItem): void {
    if (this.#state !== 'running') {
      return;
    }
    this.#position = { tap: this.#position.tap, seq: item.seq };
    if ('event' in item) {
      this.#kernelChanged(item.event);
      return;
    }
    const { message } = item;
    if (this.#endedByRestart(message)) {
      this.end({ outcome: 'interrupted', reason: changeReason('restarted') });
      return;
    }
    const ours = message.parent_header.msg_id === this.run.executionId;
    const type = message.header.msg_type;
    if (ours) {
      this.#session = message.header.session;
      this.#progress = progressAfter(this.#progress, message, this.#now());
      if (type === 'execute_input') {
        this.#reportStarted();
      } else if (type === 'status' && message.content.execution_state === 'idle') {
        this.#idle();
        return;
      }
    }
    // A display can be updated from anywhere; every other output belongs to its request.
    if (OUTPUTS.has(type) && (ours || type === 'update_display_data')) {
      this.#waiting.push(message);
      this.#planWrite();
    }
  }

  replied(reply: ExecuteReply): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#reply = reply;
    this.#progress = progressAfterReply(this.#progress, reply);
    if (this.#state === 'idle') {
      this.end(runEnd(this.#progress, reply));
    } else {
      this.#awaitIdle(this.#position.seq);
    }
  }

  /** The restarted kernel has answered, and has not taken the run: the old process had it. */
  endUntaken(): void {
    if (!this.taken) {
      this.end({ outcome: 'interrupted', reason: changeReason('restarted') });
    }
  }

  /** Ends the run once; later calls change nothing. */
  end(end: RunEnd): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#write();
    this.#state = 'ended';
    this.#cancelTick();
    this.#cancelPatience();
    this.#cell.end(this.#mark());
    const { timing, executionCount } = this.#progress;
    const startedAt = timing['iopub.execute_input'] ?? null;
    const finishedAt = timing['shell.execute_reply'] ?? timing['iopub.status.idle'] ?? this.#now();
    const position = this.#position;
    void this.#world.room.confirmed().then(() => {
      this.#world.acknowledge(position);
      this.#world.report({
        type: 'finished',
        executionId: this.run.executionId,
        cellId: this.run.cellId,
        ...end,
        executionCount,
        startedAt,
        finishedAt
      });
      this.#settle();
    });
  }

  #kernelChanged(change: KernelChange): void {
    if (change === 'restarted') {
      // The request may have gone to the new process already: its next message tells.
      this.#restarted = true;
    } else {
      this.end({ outcome: 'interrupted', reason: changeReason(change) });
    }
  }

  /** Whether this message shows that the process that had the run is gone. */
  #endedByRestart({ header, content }: IopubMessage): boolean {
    if (header.msg_type === 'shutdown_reply') {
      return content.restart === true;
    }
    return this.#restarted && this.#session !== undefined && header.session !== this.#session;
  }

  #idle(): void {
    this.#write();
    this.#state = 'idle';
    if (this.#reply !== undefined || !this.#replyExpected) {
      this.end(runEnd(this.#progress, this.#reply));
      return;
    }
    this.#cancelPatience = this.#world.clock.after(REPLY_PATIENCE, () =>
      this.end(runEnd(this.#progress, undefined))
    );
  }

  /** The reply is there, so idle must follow the last output; a tap that stays silent has lost it. */
  #awaitIdle(seenSeq: number): void {
    this.#cancelPatience();
    this.#cancelPatience = this.#world.clock.after(IDLE_PATIENCE, () => {
      if (this.#position.seq !== seenSeq) {
        this.#awaitIdle(this.#position.seq);
        return;
      }
      const end = runEnd(this.#progress, this.#reply);
      this.end({
        ...end,
        reason: end.reason ?? 'The kernel did not report the end of its output.'
      });
    });
  }

  #planWrite(): void {
    if (this.#cancelWrite !== undefined) {
      return;
    }
    const wait = this.#lastWrite + PAUSE_BETWEEN_WRITES - this.#world.clock.now();
    if (wait <= 0) {
      this.#write();
    } else {
      this.#cancelWrite = this.#world.clock.after(wait, () => this.#write());
    }
  }

  #write(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    const messages = this.#waiting;
    this.#waiting = [];
    if (messages.length > 0) {
      this.#cell.take(messages, this.#mark());
      this.#writtenSeq = this.#position.seq;
      this.#lastWrite = this.#world.clock.now();
    }
  }

  /** Once a second: what the room has confirmed, the tap may forget; and the disk gets its share. */
  #tick(): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#cancelTick = this.#world.clock.after(CONFIRM_EVERY, () => this.#tick());
    const now = this.#world.clock.now();
    const chatty = now - this.#lastWrite < CONFIRM_EVERY;
    if (chatty && now - this.#lastSave >= SAVE_EVERY) {
      // The server saves after a second of silence, which a chatty cell never gives it.
      this.#world.room.save();
      this.#lastSave = now;
    }
    const seq = this.#writtenSeq;
    const { tap } = this.#position;
    if (seq > 0) {
      this.#writtenSeq = 0;
      void this.#world.room.confirmed().then(() => this.#world.acknowledge({ tap, seq }));
    }
  }

  #reportStarted(): void {
    const { timing, executionCount } = this.#progress;
    this.#world.report({
      type: 'started',
      executionId: this.run.executionId,
      cellId: this.run.cellId,
      ...this.#world.kernel,
      executionCount,
      startedAt: timing['iopub.execute_input'] ?? this.#now()
    });
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

function changeReason(event: KernelChange): string {
  switch (event) {
    case 'restarted':
      return 'The kernel was restarted while the cell ran.';
    case 'died':
      return 'The kernel died while the cell ran.';
    case 'shut-down':
      return 'The kernel was shut down while the cell ran.';
  }
}
