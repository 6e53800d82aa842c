/**
 * An interrupt of the run that the runtime is at, while its kernel starts or starts again: no signal
 * helps then, and it may end a process that only begins. Guarantees: a run that no kernel was given
 * stops waiting at once; one that the next process takes all the same is interrupted there.
 */
export class RunInterrupt {
  readonly #stop = Promise.withResolvers<undefined>();
  #waits = false;
  #asked = false;
  #due = false;

  /** Whether somebody has interrupted the run. */
  get asked(): boolean {
    return this.#asked;
  }

  /**
   * Somebody does. `lost`: the run was given to a process that is gone, and not taken. True: the kernel
   * is to be interrupted now.
   */
  ask(lost: boolean): boolean {
    this.#asked = true;
    this.#stop.resolve(undefined);
    if (this.#waits) {
      return false;
    }
    this.#due = lost;
    return !lost;
  }

  /** The run is sent, or sent again: what was asked before did not reach it, or not for sure. */
  sent(): void {
    this.#due ||= this.#asked;
  }

  /** The kernel has taken the run. True, once: it is to be interrupted now. */
  taken(): boolean {
    const due = this.#due;
    this.#due = false;
    return due;
  }

  /** Waits before the run is given to a kernel; undefined if it is interrupted by then. */
  async waiting<T>(work: Promise<T>): Promise<T | undefined> {
    this.#waits = true;
    try {
      return await Promise.race([this.#stop.promise, work]);
    } finally {
      this.#waits = false;
    }
  }
}
