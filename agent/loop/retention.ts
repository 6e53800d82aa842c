/**
 * Lets go what streams were told not to keep: at the start, and every hour. Guarantees that only what
 * was posted goes, that the fact that says so stands in the same transaction, and that a notebook's
 * own stream keeps everything.
 */
import { fileIdOf, type StreamPath } from '../../schema/index.js';
import { retentionOf, trimmedBefore } from '../core/stream/retention.js';
import { JournalUnreachable, type Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';

const HOUR_MS = 3_600_000;
const ACTOR = { kind: 'system', id: 'retention', name: 'Retention' } as const;

export class Retentions {
  readonly #journal: Journal;
  readonly #clock: Clock;
  #cancel = (): void => undefined;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Trims every stream that has a rule, now and every hour. */
  start(): void {
    try {
      this.#journal.controlled().forEach(stream => this.#trim(stream));
    } catch (error) {
      // A disk that takes nothing now is tried again with the next hour.
      if (!(error instanceof JournalUnreachable)) {
        throw error;
      }
    }
    this.#cancel = this.#clock.after(HOUR_MS, () => this.start());
  }

  stop(): void {
    this.#cancel();
  }

  #trim(stream: StreamPath): void {
    const rule = retentionOf(this.#journal.controls(stream));
    if (rule === null || fileIdOf(stream) !== undefined) {
      return;
    }
    const head = this.#journal.head(stream);
    const next = (after: number) => this.#journal.read(stream, { after, limit: 1 })[0];
    const now = this.#clock.now();
    const count = (before: number) => this.#journal.trimmable(stream, before);
    const before = trimmedBefore(rule, { head, next, count }, now);
    const at = new Date(now).toISOString();
    this.#journal.trim(stream, before, events => ({
      stream,
      events: [
        {
          ...{ at, actor: ACTOR, assurance: 'verified' },
          ...{ type: 'stream.trimmed', v: 1, data: { before, events } }
        }
      ]
    }));
  }
}
