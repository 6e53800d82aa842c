/**
 * The question whether a kernel still has a request: a kernel answers in order, so once a probe that
 * was sent behind the request is answered, the request has ended or was lost. One probe counts at a
 * time, the newest.
 */
import type { Clock, Ids } from '../ports/inputs.js';
import type { KernelControl, TapItem } from '../ports/runtime.js';

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

  ask(): void {
    this.#asked = this.#world.ids.next();
    this.#world.control()?.probe(this.#asked);
  }

  /** The same for the process that a restart began. `settled`: whether it is known without an answer. */
  askAfterRestart(settled: () => boolean): void {
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
  isAnsweredBy(item: TapItem): boolean {
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
