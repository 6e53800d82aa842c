/**
 * The question whether a kernel still has a request: a kernel answers what comes on one connection in
 * order, so once a probe that was sent behind the request is answered, the request has ended or was lost.
 * If it waits on an earlier connection, it is passed over when it is sent again. One probe counts at a
 * time, the newest.
 */
import type { Clock, Ids } from '../ports/inputs.js';
import type { KernelControl, TapItem } from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';

/** A probe after a restart that nobody answers is asked again on another connection. Milliseconds. */
const PATIENCE = 5000;

export interface ProbeWorld {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly control: () => KernelControl | undefined;
  /** Connects anew; asks again for what waits. */
  readonly renewControl: () => void;
}

export class RunProbe {
  readonly #world: ProbeWorld;
  #asked: string | undefined;

  constructor(world: ProbeWorld) {
    this.#world = world;
  }

  /** What is still to be answered is of no interest any more. */
  forget(): void {
    this.#asked = undefined;
  }

  /** Asks unless the run has ended. */
  ask({ ended }: Pick<CellExecution, 'ended'>): void {
    if (!ended) {
      this.#asked = this.#world.ids.next();
      this.#world.control()?.probe(this.#asked);
    }
  }

  /**
   * Takes every item of the tap behind the run; asks anew after a restart. True: the kernel has answered,
   * so it has done with the request, or never had it.
   */
  hear(item: TapItem, run: Pick<CellExecution, 'ended' | 'taken'>): boolean {
    if ('event' in item && item.event === 'restarted') {
      this.forget();
      if (!run.ended) {
        // Was the request for the old process or for the new one?
        this.#askAfterRestart(() => run.taken);
      }
    }
    return this.#isAnsweredBy(item);
  }

  /** As `ask`, of the process that a restart began. `settled`: whether it is known without an answer. */
  #askAfterRestart(settled: () => boolean): void {
    const probe = this.#world.ids.next();
    this.#asked = probe;
    // After the control was replaced, in this turn.
    queueMicrotask(() => this.#world.control()?.probe(probe));
    this.#world.clock.after(PATIENCE, () => {
      if (this.#asked === probe && !settled()) {
        this.#world.renewControl();
      }
    });
  }

  /** Whether this item of the tap is the answer; it is taken once. */
  #isAnsweredBy(item: TapItem): boolean {
    if (!('message' in item) || this.#asked === undefined) {
      return false;
    }
    const { parent_header, header, content } = item.message;
    const idle = header.msg_type === 'status' && content.execution_state === 'idle';
    if (!idle || parent_header.msg_id !== this.#asked) {
      return false;
    }
    this.#asked = undefined;
    return true;
  }
}
