/**
 * Tells the server up to which frame of a tap everything is durable: at once, but not more often than
 * a few times a second, since each word of it wakes a busy server. What it is not told yet it keeps.
 */
import type { ToServer } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';

/** Milliseconds between two words. */
const REST_MS = 250;

export class Acknowledgements {
  readonly #clock: Clock;
  readonly #tell: (message: ToServer) => void;
  /** What is about to become durable, with what may be said then. */
  readonly #awaited = new Map<Promise<void>, Map<string, number>>();
  /** What is durable and was not said yet. */
  #unsaid = new Map<string, number>();
  #resting = false;
  #ending = false;

  constructor(clock: Clock, tell: (message: ToServer) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Frame `n` of the tap was taken, and is kept when `durable` settles. */
  when(durable: Promise<void>, tap: string, n: number): void {
    const known = this.#awaited.get(durable);
    const numbers = known ?? new Map<string, number>();
    numbers.set(tap, n);
    if (known === undefined) {
      this.#awaited.set(durable, numbers);
      void durable.then(() => {
        this.#awaited.delete(durable);
        numbers.forEach((number, name) => this.#unsaid.set(name, number));
        this.#say();
      });
    }
  }

  /** The host ends: from now on all is said as soon as it is durable. */
  end(): void {
    this.#ending = true;
    this.#say();
  }

  #say(): void {
    if (this.#unsaid.size === 0 || (this.#resting && !this.#ending)) {
      return;
    }
    const numbers = this.#unsaid;
    this.#unsaid = new Map();
    numbers.forEach((n, tap) => this.#tell({ type: 'ack', tap, n }));
    if (!this.#ending) {
      this.#resting = true;
      this.#clock.after(REST_MS, () => {
        this.#resting = false;
        this.#say();
      });
    }
  }
}
