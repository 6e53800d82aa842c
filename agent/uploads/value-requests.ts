/**
 * Whole values on their way to the host: those that come together go together, a few requests at a
 * time, so that hundreds of pictures cost a handful of requests and wait for no more than one.
 */

/** A value, and who waits for its link. */
export interface WaitingValue<T> {
  readonly upload: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly resolve: (stored: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Bytes of a request, unless one value has more. */
const MOST_BYTES = 4 << 20;
const MOST_VALUES = 500;
/** While the host writes one to its disk, the next is on its way. */
const AT_ONCE = 2;

export class ValueRequests<T> {
  readonly #send: (values: readonly WaitingValue<T>[]) => Promise<readonly T[]>;
  #waiting: WaitingValue<T>[] = [];
  #sending = 0;
  #isDue = false;

  /** `send` answers for all values, in their order, or rejects. */
  constructor(send: (values: readonly WaitingValue<T>[]) => Promise<readonly T[]>) {
    this.#send = send;
  }

  /** Settles when the value is stored. */
  add(value: Pick<WaitingValue<T>, 'upload' | 'mediaType' | 'bytes'>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({ ...value, resolve, reject });
    if (!this.#isDue) {
      this.#isDue = true;
      // Behind what else is kept in this turn.
      setImmediate(() => {
        this.#isDue = false;
        this.#sendNext();
      });
    }
    return promise;
  }

  #sendNext(): void {
    while (this.#sending < AT_ONCE && this.#waiting.length > 0) {
      void this.#sendBatch(this.#takeBatch());
    }
  }

  #takeBatch(): WaitingValue<T>[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((value, index) => {
      bytes += value.bytes.length;
      return index > 0 && (bytes > MOST_BYTES || index >= MOST_VALUES);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #sendBatch(values: readonly WaitingValue<T>[]): Promise<void> {
    this.#sending += 1;
    try {
      const stored = await this.#send(values);
      values.forEach(({ resolve }, index) => resolve(stored[index]!));
    } catch (error) {
      values.forEach(({ reject }) => reject(error));
    }
    this.#sending -= 1;
    this.#sendNext();
  }
}
