/** A clock that goes on only when it is told to. */
import type { Clock } from '../../../agent/ports/inputs.js';

export class CrankedClock implements Clock {
  #now = 1_000_000;
  #alarms: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const alarm = { at: this.#now + delay, callback };
    this.#alarms.push(alarm);
    return () => (this.#alarms = this.#alarms.filter(each => each !== alarm));
  }

  /** Lets `duration` ms pass, and calls back what falls due, in order. */
  pass(duration: number): void {
    const end = this.#now + duration;
    for (;;) {
      const [next] = this.#alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) {
        this.#now = end;
        return;
      }
      this.#alarms = this.#alarms.filter(alarm => alarm !== next);
      this.#now = next.at;
      next.callback();
    }
  }
}
