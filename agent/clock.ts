/** The wall clock. */
import type { Clock } from './ports/inputs.js';

/** The system's time. A callback that waits keeps no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay).unref();
    return () => clearTimeout(timer);
  }
};
