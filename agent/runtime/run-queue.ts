/**
 * The runs of one notebook, one at a time, from the moment that the room is joined. Guarantees: every
 * run that was taken is finished with exactly one `finished`, unless the runtime leaves before.
 */
import type { FromAgent } from '../../schema/index.js';
import { endAtLimit, type RunEnd } from '../core/execution/limit-end.js';
import { reasonOf } from '../core/explain.js';
import type { Clock } from '../ports/inputs.js';
import type { EnteredRoom, SessionKernel, TapItem, TapPosition } from '../ports/runtime.js';
import { CellExecution } from './cell-execution.js';
import type { EndOrder } from './end-order.js';
import type { KernelCheck } from './kernel-check.js';
import type { KernelChoice } from './kernel-choice.js';
import type { KernelEnvironment } from './kernel-environment.js';
import type { NotebookKernel } from './notebook-kernel.js';
import type { Run } from './run-report.js';
import type { RunRequest } from './run-request.js';
import type { RunStops } from './run-stops.js';
import { markOf, type Over } from './take-over.js';
import type { WidgetState } from './widget-state.js';

/** A run that is over in the kernel, said by an earlier agent: it is only told to the end. */
export interface OverBefore {
  readonly end: Over['end'];
  /** What the kernel has instead. */
  readonly next: Run;
}

/** The run that the runtime is at. */
export interface Current {
  readonly run: Run;
  readonly execution?: CellExecution;
  readonly over?: OverBefore | undefined;
}

export interface QueueWorld {
  readonly clock: Clock;
  readonly report: (message: FromAgent) => void;
  readonly kernel: NotebookKernel;
  readonly choice: Pick<KernelChoice, 'ensure'>;
  readonly environment: Pick<KernelEnvironment, 'ofEnded'>;
  readonly stops: RunStops;
  readonly ends: EndOrder;
  readonly request: RunRequest;
  readonly widgetState: Pick<WidgetState, 'runEnded'>;
  readonly kernelCheck: Pick<KernelCheck, 'runEnded'>;
}

export class RunQueue {
  readonly #world: QueueWorld;
  readonly #entered = Promise.withResolvers<EnteredRoom>();
  #last: Promise<void> = Promise.resolve();
  #current: Current | undefined;
  #closed = false;

  constructor(world: QueueWorld) {
    this.#world = world;
  }

  get current(): Current | undefined {
    return this.#current;
  }

  /** What the kernel runs, so that it may ask: what is over asks nothing. */
  get asking(): Partial<Current> {
    const { over } = this.#current ?? {};
    return over === undefined ? (this.#current ?? {}) : { run: over.next };
  }

  /** Nothing runs, and every end is told. */
  get idle(): boolean {
    return this.#current === undefined && this.#world.ends.told === undefined;
  }

  /** The room is joined: runs begin. */
  enter(room: EnteredRoom): void {
    this.#entered.resolve(room);
  }

  /** `perform` is called when it is this run's turn, and settles when the next one may begin. */
  add(run: Run, perform: (room: EnteredRoom) => Promise<void>, over?: OverBefore): void {
    const { kernel, widgetState, kernelCheck } = this.#world;
    const begin = this.#world.stops.enqueue();
    this.#last = this.#last.then(async () => {
      const room = await this.#entered.promise;
      begin();
      this.#current = { run, over };
      try {
        await perform(room);
      } catch (error) {
        // No kernel, or no server: the world's failure, told to the one who asked.
        await this.#giveUp(room, run, { outcome: 'interrupted', reason: reasonOf(error) });
      }
      if (over !== undefined) {
        // The run behind it goes on at once, with what the tap brought meanwhile.
        return;
      }
      this.#current = undefined;
      widgetState.runEnded();
      // A run that was to be gone on with, and could not, leaves what came for it.
      kernel.tap.release();
      kernel.tap.watch(undefined);
      // Lab may have switched kernels meanwhile: the next run uses what it shows.
      kernelCheck.runEnded();
    });
  }

  /** Gives the run to the notebook's kernel; settles when the next one may begin. */
  async execute(room: EnteredRoom, run: Run): Promise<void> {
    const execution = await this.#prepare(room, run);
    if (execution === undefined) {
      return;
    }
    const { ends, request } = this.#world;
    execution.begin(() => request.send(execution));
    await ends.overWith(execution);
  }

  /** The run hears the kernel's tap from now on, behind this position. */
  open(run: Run, room: EnteredRoom, kernel: SessionKernel, position: TapPosition): CellExecution {
    const { clock, report, ends, environment, request } = this.#world;
    const { tap } = this.#world.kernel;
    const execution = new CellExecution(
      run,
      {
        ...{ room, clock, report },
        kernel: { kernelId: kernel.kernelId, kernelName: kernel.kernelName },
        acknowledge: position => tap.acknowledge(position),
        hold: held => tap.hold('run', held),
        told: ends.told,
        session: tap.session,
        environment: () => environment.ofEnded(run.executionId)
      },
      { tap: position.tap, seq: position.seq }
    );
    this.#current = { run, execution, over: this.#current?.over };
    if (this.#closed) {
      void execution.leave();
    }
    request.forget();
    // Nobody waits for the outputs of one of many cells as for those of a single one.
    room.gather(run.followed === true);
    tap.watch({ executionId: run.executionId, limits: room.limits() ?? null });
    return execution;
  }

  /** Takes every item of the tap, in order. */
  take(item: TapItem): void {
    const { kernel, stops, request } = this.#world;
    const { execution, over } = this.#current ?? {};
    if (execution === undefined) {
      kernel.tap.acknowledgeIdle(() => this.idle);
      return;
    }
    execution.take(item);
    if (execution.taken) {
      stops.taken();
    }
    if (over !== undefined && !execution.listening) {
      kernel.tap.keep();
    } else {
      request.hear(item, execution, over?.end);
    }
  }

  /** Writes what it has, and nothing more once this settles; tells no end. */
  close(): Promise<void> | undefined {
    this.#closed = true;
    return this.#current?.execution?.leave();
  }

  async #prepare(room: EnteredRoom, run: Run): Promise<CellExecution | undefined> {
    const { kernel, choice, stops, ends } = this.#world;
    const found = await stops.waiting(() => choice.ensure(room.kernelName()));
    const { position } = kernel.tap;
    const { interrupted } = stops;
    if (found === undefined || interrupted || position === undefined) {
      await ends.finishUnrun(run, {
        outcome: 'interrupted',
        reason: interrupted ? 'The run was interrupted.' : 'The kernel was shut down.'
      });
      return undefined;
    }
    return this.open(run, room, found, position);
  }

  async #giveUp(room: EnteredRoom, run: Run, end: RunEnd): Promise<void> {
    const { ends } = this.#world;
    const execution = this.#current?.execution;
    if (execution === undefined) {
      // An earlier agent may have left it running.
      room.quieten();
      await ends.finishUnrun(run, endAtLimit(end, markOf(room, run)?.progress.limit));
    } else {
      execution.end(end);
      await ends.overWith(execution);
    }
  }
}
