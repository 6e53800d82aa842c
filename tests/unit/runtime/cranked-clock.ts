/** A clock that goes on only when it is told to. */
import type { Clock } from '../../../agent/ports/inputs.js';

export class CrankedClock implements Clock {
  #elapsed = 0;
  #start = 1_000_000;
  #alarms: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#start + this.#elapsed;
  }

  after(delay: number, callback: () => void): () => void {
    const alarm = { at: this.#elapsed + delay, callback };
    this.#alarms.push(alarm);
    return () => (this.#alarms = this.#alarms.filter(each => each !== alarm));
  }

  /** Sets the wall clock forward, or back, while no time passes. */
  jump(duration: number): void {
    this.#start += duration;
  }

  /** Lets `duration` ms pass, and calls back what falls due, in order. */
  pass(duration: number): void {
    const end = this.#elapsed + duration;
    for (;;) {
      const [next] = this.#alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) {
        this.#elapsed = end;
        return;
      }
      this.#alarms = this.#alarms.filter(alarm => alarm !== next);
      this.#elapsed = next.at;
      next.callback();
    }
  }
}
