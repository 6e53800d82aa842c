/**
 * What stops runs: interrupts, of the run at hand and of those that wait for their turn, and restarts of
 * the kernel. Guarantees: an interrupt stops no run that is asked for later.
 */
import { reasonOf } from '../core/explain.js';
import type { Clock } from '../ports/inputs.js';
import type { CellExecution } from './cell-execution.js';
import type { NotebookKernel } from './notebook-kernel.js';
import { RunInterrupt } from './run-interrupt.js';

/** Within this time after a restart was granted, the tap tells of it. Milliseconds. */
const RESTART_PATIENCE = 30_000;

export interface RunStopsWorld {
  readonly clock: Clock;
  readonly kernel: () => Pick<NotebookKernel, 'control' | 'ends' | 'restart'>;
  readonly note: (line: string) => void;
}

export class RunStops {
  readonly #world: RunStopsWorld;
  /** Of the run at hand, or the one before. */
  #interrupt = new RunInterrupt();
  /** Of the runs that wait for their turn. */
  readonly #queued = new Set<RunInterrupt>();
  #restarting: Promise<void> = Promise.resolve();

  constructor(world: RunStopsWorld) {
    this.#world = world;
  }

  /** Whether somebody has interrupted the run at hand. */
  get interrupted(): boolean {
    return this.#interrupt.asked;
  }

  /** Settles when the kernel is not being restarted. */
  get restarted(): Promise<void> {
    return this.#restarting;
  }

  /** A run waits for its turn, until the returned function is called. */
  enqueue(): () => void {
    const interrupt = new RunInterrupt();
    this.#queued.add(interrupt);
    return () => {
      this.#queued.delete(interrupt);
      this.#interrupt = interrupt;
    };
  }

  /** What the run at hand needs before it is given to a kernel; undefined if it is interrupted by then. */
  waiting<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#interrupt.waiting(this.#restarting.then(work));
  }

  /** The run at hand is sent, or sent again. */
  sent(): void {
    this.#interrupt.sent();
  }

  /** The kernel has taken the run at hand. */
  taken(): void {
    if (this.#interrupt.taken()) {
      void this.interruptKernel();
    }
  }

  /** Somebody interrupts. `current`: the run at hand; undefined if there is none. */
  interrupt(current: { readonly execution?: CellExecution } | undefined): void {
    const lost = current?.execution?.taken === false && this.#world.kernel().ends;
    const given = current === undefined ? this.#queued.size === 0 : this.#interrupt.ask(lost);
    this.#queued.forEach(interrupt => interrupt.ask(false));
    if (given) {
      void this.interruptKernel();
    }
  }

  /** Somebody restarts the kernel, which `before` may have. */
  restart(before: CellExecution | undefined): void {
    const { clock, kernel, note } = this.#world;
    this.#restarting = kernel()
      .restart()
      .then(
        () => {
          clock.after(RESTART_PATIENCE, () => before?.restartUntold());
        },
        (error: unknown) => note(`The kernel could not be restarted: ${reasonOf(error)}`)
      );
  }

  /** Whatever the kernel runs. */
  async interruptKernel(): Promise<void> {
    const { kernel, note } = this.#world;
    try {
      await kernel().control?.interrupt();
    } catch (error) {
      note(`The kernel could not be interrupted: ${reasonOf(error)}`);
    }
  }
}
