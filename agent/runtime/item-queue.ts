/**
 * What a kernel's tap gives, on its way to whoever deals with it. Guarantees: items are delivered in
 * order, each once, and wait while nobody is ready for them.
 */
import type { TapItem } from '../ports/runtime.js';

export class ItemQueue {
  readonly #deliver: (item: TapItem) => void;
  /** Undefined while items are delivered at once. */
  #waiting: TapItem[] | undefined;

  constructor(deliver: (item: TapItem) => void) {
    this.#deliver = deliver;
  }

  give(item: TapItem): void {
    if (this.#waiting === undefined) {
      this.#deliver(item);
    } else {
      this.#waiting.push(item);
    }
  }

  /** Items wait from now on, until `release`; those that waited on an earlier tap are forgotten. */
  beginAnew(): void {
    this.#waiting = [];
  }

  /** Items wait from now on, until `release`. */
  keep(): void {
    this.#waiting ??= [];
  }

  /** Delivers what waited, and what comes from now on; what is delivered may say `keep`. */
  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    while (this.#isReady()) {
      const item = waiting.shift();
      if (item === undefined) {
        return;
      }
      this.#deliver(item);
    }
    this.#waiting = waiting;
  }

  #isReady(): boolean {
    return this.#waiting === undefined;
  }
}
