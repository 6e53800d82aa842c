/**
 * The ends of runs, which are told while the next one has begun already. Guarantees: they are told in
 * the order in which the runs were.
 */
import type { FromAgent } from '../../schema/index.js';
import type { RunEnd } from '../core/execution/limit-end.js';
import type { Clock } from '../ports/inputs.js';
import type { CellExecution } from './cell-execution.js';
import { NO_PROGRESS } from './run-progress.js';
import { finishedReport, type Run } from './run-report.js';

export class EndOrder {
  readonly #clock: Clock;
  readonly #report: (message: FromAgent) => void;
  #told: Promise<void> | undefined;

  constructor(clock: Clock, report: (message: FromAgent) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Settles when the end of the run before is told; undefined if it is. */
  get told(): Promise<void> | undefined {
    return this.#told;
  }

  /** Settles when another run may begin, while the end of this one is still to be told. */
  async overWith(execution: CellExecution): Promise<void> {
    await execution.over;
    const told = execution.done.then(() => {
      if (this.#told === told) {
        this.#told = undefined;
      }
    });
    this.#told = told;
  }

  /** Tells the end of a run that no kernel was given, or that could not be gone on with. */
  async finishUnrun(run: Run, end: RunEnd): Promise<void> {
    await this.#told;
    const now = new Date(this.#clock.now()).toISOString();
    this.#report(finishedReport(run, end, NO_PROGRESS, now));
  }
}
