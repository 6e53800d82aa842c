/** Who listens to which stream. A listener that ends itself, or another, while being told is fine. */
import type { Event, StreamPath } from '../../schema/index.js';

type Listener = (event: Event) => void;

interface Entry {
  readonly call: Listener;
  /** The stream was removed: nothing more comes. */
  readonly ended: () => void;
}

export class Subscriptions {
  readonly #listeners = new Map<StreamPath, Set<Entry>>();
  readonly #ofAll = new Set<{ readonly call: Listener }>();

  /** The returned function ends it, twice safely. */
  add(stream: StreamPath, call: Listener, ended: () => void = () => undefined): () => void {
    const entry = { call, ended };
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(stream) === listeners) {
        this.#listeners.delete(stream);
      }
    };
  }

  /** Listens to every stream. The returned function ends it, twice safely. */
  addToAll(call: Listener): () => void {
    const entry = { call };
    this.#ofAll.add(entry);
    return () => void this.#ofAll.delete(entry);
  }

  /** The stream was removed: tells its listeners, and knows them no more. */
  end(stream: StreamPath): void {
    const listeners = this.#listeners.get(stream) ?? [];
    this.#listeners.delete(stream);
    [...listeners].forEach(entry => entry.ended());
  }

  /** Calls every listener of the event's stream. A listener that throws is a bug, and ends the process. */
  tell(event: Event): void {
    const listeners = this.#listeners.get(event.stream);
    for (const entry of listeners ? [...listeners] : []) {
      if (listeners?.has(entry)) {
        entry.call(event);
      }
    }
    for (const entry of [...this.#ofAll]) {
      if (this.#ofAll.has(entry)) {
        entry.call(event);
      }
    }
  }
}
