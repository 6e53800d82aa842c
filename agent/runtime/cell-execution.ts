/**
 * One run from its begin to its end: what the tap and the reply say becomes outputs in the room, then
 * the end. Guarantees: it ends once; what the room has already is not shown again.
 */
import type { InputQuestion } from '../../schema/index.js';
import type { RunEnd } from '../core/execution/limit-end.js';
import type {
  CellRun,
  ExecuteReply,
  IopubMessage,
  NotebookRoom,
  RunProgress,
  TapItem,
  TapPosition
} from '../ports/runtime.js';
import { answerMessage } from './answer-message.js';
import { RunAccount, type AccountWorld, type Heard } from './run-account.js';
import { RunCompletion } from './run-completion.js';
import { RunOutputs, type OutputsWorld } from './run-outputs.js';
import type { Run } from './run-report.js';

export type ExecutionWorld = AccountWorld & OutputsWorld & { readonly room: NotebookRoom };

export class CellExecution {
  readonly run: Run;
  /** Settles when everything is written, though the room has not confirmed it: another run may begin. */
  readonly over: Promise<void>;
  /** Settles after `finished` was reported. */
  readonly done: Promise<void>;
  readonly #account: RunAccount;
  readonly #cell: CellRun;
  readonly #outputs: RunOutputs;
  readonly #completion: RunCompletion;
  #state: 'running' | 'idle' | 'ended' = 'running';

  constructor(run: Run, world: ExecutionWorld, position: TapPosition) {
    this.run = run;
    this.#account = new RunAccount(run, world, position);
    this.#cell = world.room.cellRun(run.cellId);
    this.#outputs = new RunOutputs(this.#account, this.#cell, {
      ...world,
      hold: held => {
        this.#completion.held = held;
        world.hold(held);
      }
    });
    this.over = this.#outputs.over;
    this.done = this.#outputs.done;
    this.#completion = new RunCompletion(world.clock, (reply, idle) =>
      this.end(this.#account.endAfter(reply, idle))
    );
  }

  /** Whether the kernel has begun, so that the request must not be sent again. */
  get taken(): boolean {
    return this.#account.taken;
  }

  /** Whether the process that the kernel had when the run began is gone. */
  get restarted(): boolean {
    return this.#account.restarted;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Whether the tap may still say something of it; false behind its last output. */
  get listening(): boolean {
    return this.#state === 'running';
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
      this.#cell.begin(this.#account.mark);
    }
    return true;
  }

  /** Goes on where an earlier agent stopped. Its reply went to that agent, so none is expected. */
  resume(progress: RunProgress): void {
    if (this.ended) {
      return;
    }
    this.#account.resume(progress);
    this.#cell.resume();
    this.#completion.replyExpected = false;
    if (progress.timing['iopub.status.idle'] !== undefined) {
      // It was over, and the earlier agent had no time to say so.
      this.end(this.#account.endAfter(undefined, true));
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
    if (this.#outputs.closed || this.#account.knows(item)) {
      return;
    }
    if (this.#state === 'running') {
      this.#completion.heard();
      this.#act(this.#account.hear(item));
    } else {
      this.#act(this.#account.hearBehind(item));
    }
  }

  /** Shows question and answer among the outputs. */
  answered(question: InputQuestion, value: string): void {
    if (this.#state === 'running') {
      this.#outputs.show(answerMessage(this.run.executionId, question, value));
    }
  }

  replied(reply: ExecuteReply): void {
    if (this.#state !== 'ended') {
      if (reply.nextInput !== undefined) {
        this.#cell.takeNextInput(reply.nextInput);
      }
      this.#account.replied(reply);
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
    this.#outputs.showAtEnd(message);
  }

  /** The kernel has answered what was asked after the run, and has not ended it: an earlier process had it. */
  endLost(): void {
    if (this.#state === 'running') {
      this.end({ outcome: 'interrupted', reason: this.#account.lost });
    }
  }

  /** Ends the run once; later calls change nothing. */
  end(end: RunEnd): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    this.#completion.stop();
    this.#outputs.end(end);
  }

  /** The runtime leaves: writes what it has, and nothing more once this settles; tells no end. */
  async leave(): Promise<void> {
    if (this.#state !== 'ended') {
      this.#state = 'ended';
      this.#completion.stop();
      await this.#outputs.leave();
    }
  }

  #act(heard: Heard | undefined): void {
    switch (heard?.type) {
      case 'output':
        this.#outputs.show(heard.message);
        break;
      case 'idle':
        this.#outputs.flush();
        this.#state = 'idle';
        this.#completion.idle();
        break;
      case 'gone':
        this.end({ outcome: 'interrupted', reason: heard.reason });
        break;
      case undefined:
        break;
    }
  }
}
