/**
 * The journal: answers a command once, tells subscribers. It guarantees that offsets and update
 * numbers are dense from 1 in their stream, that one turn of the event loop is one transaction, and
 * that readers and subscribers see durable events only.
 */
import type { CommandId, Event, Rejection, StreamPath } from '../../schema/index.js';
import type { Appended, Batch, Journal, Snapshot } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { CommitLine } from './commit-line.js';
import { Ends } from './ends.js';
import { Reads } from './reads.js';
import type { Entry, Storage } from './storage.js';
import { Subscriptions } from './subscriptions.js';

export class GroupCommitJournal extends Reads implements Journal {
  readonly #storage: Storage;
  readonly #ends: Ends;
  readonly #line: CommitLine;
  readonly #pendingCommands = new Map<CommandId, Appended>();
  readonly #subscriptions = new Subscriptions();

  /** Takes ownership of `storage`; `ids` names the events, `clock` dates new streams and paces attempts. */
  constructor(storage: Storage, ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now' | 'after'>) {
    super();
    this.#storage = storage;
    this.#ends = new Ends(storage, ids, clock);
    this.#line = new CommitLine(storage, clock, entries => this.#written(entries));
  }

  append(batch: Batch): Appended {
    this.#line.check();
    const before = this.#priorAnswer(batch);
    if (before !== undefined) {
      return before;
    }
    const entry = this.#ends.place(batch);
    const { durable, outcome } = this.#line.add(entry, batch.patient);
    const { events, updates } = entry;
    const appended = { events, updates: updates.map(({ number }) => number), durable, outcome };
    if (batch.command !== undefined) {
      this.#pendingCommands.set(batch.command, appended);
    }
    return appended;
  }

  transact<T>(work: (append: (batch: Batch) => readonly Event[]) => T): T {
    this.#line.flush();
    const entries: Entry[] = [];
    const place = (batch: Batch) => {
      const entry = this.#ends.place(batch);
      entries.push(entry);
      return entry.events;
    };
    let result: { readonly of: T } | undefined;
    this.#writeOnce(entries, () =>
      this.#storage.transact(() => {
        result = { of: work(place) };
        return entries;
      })
    );
    if (result === undefined) {
      throw new Error('A transaction ended without its work.');
    }
    return result.of;
  }

  trim(stream: StreamPath, before: number, state: (events: number) => Batch): readonly Event[] {
    this.#line.flush();
    const count = this.#storage.trimmable(stream, before);
    if (count === 0) {
      return [];
    }
    const entry = this.#ends.place(state(count));
    this.#writeOnce([entry], () => this.#storage.trim(stream, before, entry));
    return entry.events;
  }

  remove(streams: readonly StreamPath[], batch: Batch): readonly Event[] {
    this.#line.flush();
    const entry = this.#ends.place(batch);
    const write = () => this.#storage.remove(streams, entry);
    this.#writeOnce([entry], write, () => {
      for (const stream of streams) {
        this.#ends.forget(stream);
        this.#subscriptions.end(stream);
      }
    });
    return entry.events;
  }

  next(stream: StreamPath): number {
    this.#line.check();
    return this.#ends.of(stream).offset + 1;
  }

  trouble(command?: CommandId): Rejection | null {
    const waits = command !== undefined && this.#pendingCommands.has(command);
    const { trouble } = this.#line;
    return (waits ? trouble?.waiting() : trouble?.refusal()) ?? null;
  }

  watch(listener: (event: Event) => void): () => void {
    return this.#subscriptions.addToAll(listener);
  }

  subscribe(stream: StreamPath, listener: (event: Event) => void, ended?: () => void): () => void {
    return this.#subscriptions.add(stream, listener, ended);
  }

  saveSnapshot(stream: StreamPath, snapshot: Snapshot): void {
    this.#line.check();
    this.#line.keep(stream, snapshot);
  }

  async close(): Promise<void> {
    this.#line.close();
  }

  protected storage(): Storage {
    this.#line.check();
    return this.#storage;
  }

  /** `write` cannot be repeated. Subscribers are told behind `stored`, and only if it is there. */
  #writeOnce(entries: readonly Entry[], write: () => void, stored = (): void => undefined): void {
    try {
      this.#line.writeOnce(entries, write, () => {
        stored();
        this.#written(entries);
      });
    } catch (error) {
      entries.forEach(({ stream }) => this.#ends.forget(stream));
      throw error;
    }
  }

  /** The answer that a command already has, written or on its way. */
  #priorAnswer(batch: Batch): Appended | undefined {
    if (batch.command === undefined) {
      return undefined;
    }
    const pending = this.#pendingCommands.get(batch.command);
    if (pending !== undefined) {
      return { ...pending, updates: [] };
    }
    const events = this.#storage.answered(batch.command);
    const done = { durable: Promise.resolve(), outcome: Promise.resolve(null) };
    return events && { events, updates: [], ...done };
  }

  #written(entries: readonly Entry[]): void {
    for (const { command } of entries) {
      if (command !== undefined) {
        this.#pendingCommands.delete(command.id);
      }
    }
    for (const { events } of entries) {
      events.forEach(event => this.#subscriptions.tell(event));
    }
  }
}
