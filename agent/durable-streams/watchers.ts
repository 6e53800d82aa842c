/** Who waits for a stream to change. A watcher is told once for each change, after it is durable. */

export class Watchers {
  readonly #watchers = new Map<number, Set<() => void>>();

  /** Calls back at each change of the stream, until the returned function is called. */
  add(stream: number, watcher: () => void): () => void {
    const watchers = this.#watchers.get(stream) ?? new Set();
    this.#watchers.set(stream, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(stream) === watchers) {
        this.#watchers.delete(stream);
      }
    };
  }

  /** Tells of a change. */
  tell(stream: number): void {
    for (const watcher of [...(this.#watchers.get(stream) ?? [])]) {
      watcher();
    }
  }
}
