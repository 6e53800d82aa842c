/**
 * Where the streams end, with what is on its way to the disk: gives every batch its offsets and
 * numbers, dense behind what was given before.
 */
import type { Event, EventId, StreamPath } from '../../schema/index.js';
import type { Batch, StoredUpdate } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Entry, Head, Storage } from './storage.js';

export class Ends {
  readonly #storage: Pick<Storage, 'head'>;
  readonly #ids: Pick<Ids, 'next'>;
  readonly #clock: Pick<Clock, 'now'>;
  /** Of the streams that this process has written to. */
  readonly #heads = new Map<StreamPath, Head>();
  #now = { ms: Number.NaN, at: '' };

  /** `ids` names the events, `clock` dates new streams. */
  constructor(storage: Pick<Storage, 'head'>, ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now'>) {
    this.#storage = storage;
    this.#ids = ids;
    this.#clock = clock;
  }

  of(stream: StreamPath): Head {
    return this.#heads.get(stream) ?? this.#storage.head(stream);
  }

  /** What was placed there last is not written, or the stream was taken out: it ends where the storage says. */
  forget(stream: StreamPath): void {
    this.#heads.delete(stream);
  }

  /** The text is made once in a millisecond. */
  #at(): string {
    const ms = this.#clock.now();
    if (ms !== this.#now.ms) {
      this.#now = { ms, at: new Date(ms).toISOString() };
    }
    return this.#now.at;
  }

  /** The batch with everything assigned, behind what was assigned before. */
  place(batch: Batch): Entry {
    const head = this.of(batch.stream);
    const events = (batch.events ?? []).map((draft, index): Event => ({
      ...draft,
      id: draft.id ?? (this.#ids.next() as EventId),
      stream: batch.stream,
      offset: head.offset + 1 + index
    }));
    const updates = (batch.updates ?? []).map((update, index): StoredUpdate => ({
      ...update,
      number: head.update + 1 + index
    }));
    this.#heads.set(batch.stream, {
      offset: head.offset + events.length,
      update: head.update + updates.length,
      epoch: updates.at(-1)?.epoch ?? head.epoch
    });
    return {
      stream: batch.stream,
      at: this.#at(),
      events,
      updates,
      ...(batch.tap && { tap: batch.tap }),
      ...(batch.mark && { mark: batch.mark }),
      ...(batch.cursors && { cursors: batch.cursors }),
      ...(batch.begunBy && { begunBy: batch.begunBy }),
      ...(batch.redaction && { redaction: batch.redaction }),
      ...(batch.command !== undefined && {
        command: { id: batch.command, first: head.offset + 1, count: events.length }
      })
    };
  }
}
