/**
 * The time in which a kernel's process ends, because it died, or somebody restarts it or shuts it down:
 * what is sent then may be lost, so it waits for what comes after. Guarantees: whoever waits goes on
 * even if the server tells nothing more of the kernel.
 */
import type { Clock } from '../ports/inputs.js';
import type { TapItem } from '../ports/runtime.js';

/** The server gives a new process a minute to answer, and tells how it went. Milliseconds. */
const PATIENCE = 70_000;

export class KernelRecovery {
  readonly #clock: Clock;
  #pending: { readonly done: Promise<void>; readonly settle: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles when the kernel can be used again, or is gone; at once if nothing is known against it. */
  get done(): Promise<void> {
    return this.#pending?.done ?? Promise.resolve();
  }

  /** Whether something is known against it. */
  get pending(): boolean {
    return this.#pending !== undefined;
  }

  /** Takes every item of the kernel's tap. */
  hear(item: TapItem): void {
    if ('message' in item) {
      if (item.message.header.msg_type === 'shutdown_reply') {
        this.begin();
      }
    } else if ('event' in item) {
      if (item.event === 'died') {
        // Jupyter Server starts it again, or gives it up: `restarted` or `shut-down` follows.
        this.begin();
      } else {
        this.end();
      }
    }
  }

  begin(): void {
    if (this.#pending === undefined) {
      let settle: () => void = () => undefined;
      const done = new Promise<void>(resolve => (settle = resolve));
      this.#pending = { done, settle };
      const cancel = this.#clock.after(PATIENCE, settle);
      void done.then(() => {
        cancel();
        this.#pending = undefined;
      });
    }
  }

  end(): void {
    this.#pending?.settle();
  }
}
