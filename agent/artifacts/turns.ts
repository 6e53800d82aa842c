/** Work on one thing, one after the other, in the order in which it was asked for. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work once all earlier work on the same thing is over. */
  async take<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(thing) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    this.#last.set(thing, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(thing) === mine) {
        this.#last.delete(thing);
      }
    }
  }

  /** Is anything being done with it? */
  has(thing: string): boolean {
    return this.#last.has(thing);
  }
}
