/** Waiting for a condition with a deadline: the only kind of waiting that tests do. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The first value of `probe` that is neither undefined, null nor false. Throws after `deadline` ms,
 * saying what it waited for; an error of the probe ends the wait at once.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadline = 60_000
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + deadline;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) {
      return value as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${deadline} ms in vain: ${what}`);
    }
    await pause(50);
  }
}
