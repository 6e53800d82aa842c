/** A process that can be killed between any two steps: after that nothing of it acts any more. */
import type { Clock } from '../../agent/ports/inputs.js';

/** Thrown where a process would exit, so that the rest of its turn is not done. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

export class Life {
  #alive = true;

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
  }

  /** Calls only while the process lives; an exit inside ends the call. */
  guarded<A extends readonly unknown[]>(work: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        if (this.#alive) {
          work(...args);
        }
      } catch (error) {
        if (!(error instanceof ProcessEnded)) {
          throw error;
        }
      }
    };
  }

  /** The machine's clock, as this process has it. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (delay, callback) => clock.after(delay, this.guarded(callback))
    };
  }
}
