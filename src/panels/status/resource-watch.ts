/** Asks the server what kernel and agent use, while somebody looks, and not otherwise. */
import type { IDisposable } from '@lumino/disposable';
import type { Resources } from '../../client/resources.js';
import type { ResourceSample } from './resource-words.js';

/** Milliseconds between two samples. */
const EVERY = 2000;

export interface ResourceSource {
  /** Asks the server for the kernel of the current notebook. */
  readonly ask: () => Promise<Resources>;
  /** Called after each answer, and after each failure to get one. */
  readonly onSample: () => void;
}

export class ResourceWatch implements IDisposable {
  /** The last two samples since `start`. */
  samples: readonly ResourceSample[] = [];
  /** Did the server not answer the last time? */
  failed = false;

  constructor(private readonly source: ResourceSource) {}

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Somebody looks now. Samples of an earlier look are forgotten. */
  start(): void {
    this.stop();
    this.samples = [];
    this.failed = false;
    void this.sample(this.look);
  }

  /** Nobody looks any more. */
  stop(): void {
    this.look += 1;
    clearTimeout(this.timer);
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
  }

  private async sample(look: number): Promise<void> {
    let resources: Resources | undefined;
    try {
      resources = await this.source.ask();
    } catch {
      // Said in the menu; the next sample may succeed.
    }
    if (look !== this.look) {
      return;
    }
    this.failed = resources === undefined;
    this.samples =
      resources === undefined
        ? []
        : [...this.samples.slice(-1), { at: performance.now(), resources }];
    this.source.onSample();
    this.timer = setTimeout(() => void this.sample(look), EVERY);
  }

  private look = 0;
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
}
