/**
 * What one transaction of the journal will hold, while it is gathered and written, and who waits for
 * it. `durable` settles only with certainty; `outcome` is for whoever has to answer in time.
 */
import type { Rejection, StreamPath } from '../../schema/index.js';
import type { Snapshot } from '../ports/host.js';
import type { Entry } from './storage.js';

/** The journal cannot be used any more; the process must end and start anew. */
export class JournalFailed extends Error {
  override readonly name = 'JournalFailed';
}

export class Group {
  readonly entries: Entry[];
  readonly snapshots = new Map<StreamPath, Snapshot>();
  /** Rejects with JournalFailed only. */
  readonly durable: Promise<void>;
  /** Null once it is durable; or why that takes so long. */
  readonly outcome: Promise<Rejection | null>;
  readonly #durable = Promise.withResolvers<void>();
  readonly #outcome = Promise.withResolvers<Rejection | null>();

  constructor(entries: readonly Entry[] = []) {
    this.entries = [...entries];
    this.durable = this.#durable.promise;
    this.outcome = this.#outcome.promise;
    // A failure ends the process because nobody handles it; once, by `durable`, is enough.
    this.outcome.catch(() => undefined);
  }

  /** It is on the disk. */
  settle(): void {
    this.#durable.resolve();
    this.#outcome.resolve(null);
  }

  /** It may yet be written, but who waits for an answer should not wait for that. */
  delay(why: Rejection): void {
    this.#outcome.resolve(why);
  }

  /** Nobody can say whether it is on the disk. */
  fail(failure: JournalFailed): void {
    this.#durable.reject(failure);
    this.#outcome.reject(failure);
  }
}

/** What the entry takes in memory, about. */
export function bytesOf({ events, updates }: Entry): number {
  const ofUpdates = updates.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return events.reduce((sum, { data }) => sum + JSON.stringify(data).length, ofUpdates);
}
