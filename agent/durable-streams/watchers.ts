/** Who waits for a stream to change. A watcher is told once for each change, after it is durable. */

export class Watchers {
  readonly #watchers = new Map<string, Set<() => void>>();

  /** Calls back at each change of the stream at the path, until the returned function is called. */
  add(path: string, watcher: () => void): () => void {
    const watchers = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(path) === watchers) {
        this.#watchers.delete(path);
      }
    };
  }

  /** Tells of a change. */
  tell(path: string): void {
    for (const watcher of [...(this.#watchers.get(path) ?? [])]) {
      watcher();
    }
  }
}
