/**
 * The outputs of a run on their way into its cell, and the end of the run behind them. Guarantees: the
 * end is reported once, behind that of the run before and after the room has confirmed the last output,
 * and only then does the tap forget it.
 */
import type { Digest, FromAgent } from '../../schema/index.js';
import { endAtLimit, type RunEnd } from '../core/execution/limit-end.js';
import type { Clock } from '../ports/inputs.js';
import type { CellRun, IopubMessage, NotebookRoom, TapPosition } from '../ports/runtime.js';
import { OutputPace } from './output-pace.js';
import type { RunAccount } from './run-account.js';
import { endWithGap } from './run-progress.js';
import { finishedReport } from './run-report.js';

export interface OutputsWorld {
  readonly clock: Clock;
  readonly room: Pick<NotebookRoom, 'confirmed' | 'save' | 'written'>;
  readonly report: (message: FromAgent) => void;
  readonly acknowledge: (position: TapPosition) => void;
  /** The tap gives no more items until it is called with false. */
  readonly hold: (held: boolean) => void;
  /** Settles when the end of the run before is told; undefined if it is. */
  readonly told?: Promise<void> | undefined;
  /** What the kernel runs in, if it is known at the end of the run. */
  readonly environment: () => Digest | undefined;
}

export class RunOutputs {
  readonly #account: RunAccount;
  readonly #cell: CellRun;
  readonly #world: OutputsWorld;
  readonly #pace: OutputPace;
  readonly #over = Promise.withResolvers<void>();
  readonly #done = Promise.withResolvers<void>();
  #last: IopubMessage | undefined;
  #closed = false;

  /** `account`: what is known of the run; the cell bears it as its mark. */
  constructor(account: RunAccount, cell: CellRun, world: OutputsWorld) {
    this.#account = account;
    this.#cell = cell;
    this.#world = world;
    this.#pace = new OutputPace({
      ...{ clock: world.clock, room: world.room, cell },
      write: (messages, when) => {
        cell.take(messages, account.mark, when);
        return account.position;
      },
      acknowledge: world.acknowledge,
      hold: world.hold
    });
  }

  /** Settles when everything is written, though the room has not confirmed it. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Settles after the end was reported. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** All of it is in the cell; what comes now is late. */
  get closed(): boolean {
    return this.#closed;
  }

  show(message: IopubMessage): void {
    this.#pace.add(message);
  }

  /** Shows this behind all else. */
  showAtEnd(message: IopubMessage): void {
    this.#last = message;
  }

  /** The kernel has said its last: what waits is written now. */
  flush(): void {
    this.#pace.flush();
  }

  /** The run has ended so; to be called once. */
  end(end: RunEnd): void {
    if (this.#last !== undefined) {
      this.#pace.add(this.#last);
    }
    const now = new Date(this.#world.clock.now()).toISOString();
    after(this.#pace.stop(), () => {
      this.#closed = true;
      this.#cell.close(this.#account.mark);
      after(this.#cell.work, () => this.#finish(end, now));
    });
  }

  /** Instead of `end`: writes what waits, and nothing more once this settles; tells no end. */
  leave(): Promise<void> | undefined {
    this.#closed = true;
    return this.#pace.stop();
  }

  /** Everything is written, and what is kept outside is complete. */
  #finish(end: RunEnd, now: string): void {
    this.#cell.end(this.#account.mark);
    const { run, position, progress } = this.#account;
    const finish = endAtLimit(endWithGap(end, progress.gap), progress.limit);
    const { room, told, report, acknowledge } = this.#world;
    const written = room.written();
    const confirmed = room.confirmed();
    after(told, () => {
      if (run.followed && finish.outcome === 'ok') {
        report({ ...finishedReport(run, finish, progress, now), type: 'over' });
      }
      void confirmed.then(() => {
        const environment = this.#world.environment();
        acknowledge(position);
        report({ ...finishedReport(run, finish, progress, now, environment), written });
        this.#done.resolve();
      });
    });
    this.#over.resolve();
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
