/** Waits between attempts: longer after each failure in a row, and no longer when woken. */
import type { IDisposable } from '@lumino/disposable';
import { backOff } from './back-off.js';

export class Retry implements IDisposable {
  /** The attempt went well: the next wait is short again. */
  succeeded(): void {
    this.failures = 0;
  }

  /** Count a failure and wait; at once if disposed. */
  wait(): Promise<void> {
    this.failures += 1;
    return this.pause(backOff(this.failures, Math.random()));
  }

  /** Wait this long, in ms, without counting a failure. */
  pause(time: number): Promise<void> {
    if (this.disposed) {
      return Promise.resolve();
    }
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer);
        this.end = undefined;
        resolve();
      };
      const timer = setTimeout(end, time);
      this.end = end;
    });
  }

  /** End the present wait. */
  wake(): void {
    this.end?.();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.wake();
  }

  private disposed = false;
  private failures = 0;
  private end: (() => void) | undefined;
}
