/**
 * How often it is asked which kernel Lab shows for the notebook. Lab ends the kernel that it leaves,
 * which the tap tells at once; a session can be exchanged otherwise, so it is asked after runs, too.
 * Guarantees: the newest run is followed by a question, and short runs do not ask one each.
 */
import type { Clock } from '../ports/inputs.js';

/** Milliseconds between two questions. */
const PAUSE = 500;

export class KernelCheck {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #state: 'free' | 'pausing' | 'wanted' = 'free';

  /** `ask` is called at once, or when the pause is over. */
  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A run has ended. */
  runEnded(): void {
    if (this.#state !== 'free') {
      this.#state = 'wanted';
      return;
    }
    this.#state = 'pausing';
    this.#clock.after(PAUSE, () => {
      const wanted = this.#state === 'wanted';
      this.#state = 'free';
      if (wanted) {
        this.runEnded();
      }
    });
    this.#ask();
  }
}
