/**
 * Which kernel a notebook has: that of the session which Lab shows, or a new one if there is none.
 * When Lab switches kernels, the next run gets the new one. Guarantees: one kernel is attached at a
 * time, and none is started while the notebook has one.
 */
import type { Kernels, SessionKernel, TapAttached, TapPosition } from '../ports/runtime.js';
import type { NotebookKernel } from './notebook-kernel.js';

export class KernelChoice {
  readonly #kernels: Pick<Kernels, 'find' | 'start'>;
  readonly #kernel: Pick<NotebookKernel, 'attach' | 'current' | 'recovered'>;
  #path: string;
  #turn: Promise<unknown> = Promise.resolve();
  #attaching = 0;

  /** `path`: the notebook's. `kernel`: where what is chosen is attached. */
  constructor(
    path: string,
    kernels: Pick<Kernels, 'find' | 'start'>,
    kernel: Pick<NotebookKernel, 'attach' | 'current' | 'recovered'>
  ) {
    this.#path = path;
    this.#kernels = kernels;
    this.#kernel = kernel;
  }

  moved(path: string): void {
    this.#path = path;
  }

  /** Attaches to the session's kernel if there is one, it is another than now, and `mayChange`. */
  async follow(mayChange: () => boolean): Promise<void> {
    const kernel = await this.#kernels.find(this.#path);
    if (kernel !== undefined) {
      await this.#exclusively(async () => {
        if (kernel.kernelId !== this.#kernel.current?.kernelId && mayChange()) {
          await this.#kernel.attach(kernel);
        }
      });
    }
  }

  /** The notebook's kernel, started if there is none. Throws KernelUnavailable. */
  async ensure(name: string | undefined): Promise<SessionKernel> {
    await this.#kernel.recovered;
    if (this.#attaching === 0 && this.#kernel.current !== undefined) {
      return this.#kernel.current;
    }
    return this.#exclusively(async () => {
      if (this.#kernel.current !== undefined) {
        return this.#kernel.current;
      }
      const found = await this.#kernels.find(this.#path);
      const kernel = found ?? (await this.#kernels.start(this.#path, name));
      try {
        await this.#kernel.attach(kernel);
        return kernel;
      } catch (error) {
        // It may have died while nobody looked; the server has seen that by now.
        const now = await this.#kernels.find(this.#path);
        if (now?.kernelId === kernel.kernelId) {
          throw error;
        }
        const other = now ?? (await this.#kernels.start(this.#path, name));
        await this.#kernel.attach(other);
        return other;
      }
    });
  }

  /**
   * Attaches behind a position that an earlier agent reached; undefined if the notebook has no kernel
   * or another than `kernelId` (null: any). Items wait until the kernel's `release`.
   */
  async resume(kernelId: string | null, after: TapPosition): Promise<TapAttached | undefined> {
    const kernel = await this.#kernels.find(this.#path);
    if (kernel === undefined || (kernelId !== null && kernel.kernelId !== kernelId)) {
      return undefined;
    }
    return this.#kernel.attach(kernel, after);
  }

  /** One attachment at a time: two would take each other's place. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#attaching += 1;
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      // Told to the caller by `result`.
      () => undefined
    );
    try {
      return await result;
    } finally {
      this.#attaching -= 1;
    }
  }
}
