/**
 * The journal: assigns offsets, commits in groups, tells subscribers. It guarantees that offsets and
 * update numbers are dense from 1 in their stream, that one turn of the event loop is one
 * transaction, that readers and subscribers see durable events only, and that after a failed commit
 * it takes and answers nothing more: only a new process can know what the disk holds.
 */
import type { CommandId, Event, EventId, Json, StreamPath } from '../../schema/index.js';
import type {
  Appended,
  Batch,
  Journal,
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary
} from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Entry, Head, Storage } from './storage.js';
import { Subscriptions } from './subscriptions.js';

/** The journal cannot be used any more; the process must end and start anew. */
export class JournalFailed extends Error {
  override readonly name = 'JournalFailed';
}

interface Group {
  readonly entries: Entry[];
  readonly snapshots: Map<StreamPath, Snapshot>;
  readonly durable: Promise<void>;
  readonly settle: (failure?: JournalFailed) => void;
}

const ROOT = '/' as StreamPath;

export class GroupCommitJournal implements Journal {
  readonly #storage: Storage;
  readonly #ids: Pick<Ids, 'next'>;
  readonly #clock: Pick<Clock, 'now'>;
  /** Ends of the streams that this process has written to, with what is not yet durable. */
  readonly #heads = new Map<StreamPath, Head>();
  readonly #pendingCommands = new Map<CommandId, Appended>();
  readonly #subscriptions = new Subscriptions();
  #group: Group | undefined;
  #failure: JournalFailed | undefined;
  #closed = false;

  /** Takes ownership of `storage`; `ids` names the events, `clock` dates new streams. */
  constructor(storage: Storage, ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now'>) {
    this.#storage = storage;
    this.#ids = ids;
    this.#clock = clock;
  }

  append(batch: Batch): Appended {
    this.#refuseIfFailed();
    const before = this.#priorAnswer(batch);
    if (before !== undefined) {
      return before;
    }
    const head = this.#heads.get(batch.stream) ?? this.#storage.head(batch.stream);
    const events = (batch.events ?? []).map((draft, index): Event => ({
      ...draft,
      id: this.#ids.next() as EventId,
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
    const group = this.#openGroup();
    group.entries.push({
      stream: batch.stream,
      at: new Date(this.#clock.now()).toISOString(),
      events,
      updates,
      ...(batch.tap && { tap: batch.tap }),
      ...(batch.mark && { mark: batch.mark }),
      ...(batch.cursors && { cursors: batch.cursors }),
      ...(batch.command !== undefined && {
        command: { id: batch.command, first: head.offset + 1, count: events.length }
      })
    });
    const appended: Appended = {
      events,
      updates: updates.map(update => update.number),
      durable: group.durable
    };
    if (batch.command !== undefined) {
      this.#pendingCommands.set(batch.command, appended);
    }
    return appended;
  }

  read(stream: StreamPath, options: ReadOptions = {}): Event[] {
    this.#refuseIfFailed();
    return this.#storage.read(stream, options);
  }

  head(stream: StreamPath): number {
    this.#refuseIfFailed();
    return this.#storage.head(stream).offset;
  }

  next(stream: StreamPath): number {
    this.#refuseIfFailed();
    return (this.#heads.get(stream) ?? this.#storage.head(stream)).offset + 1;
  }

  controls(stream: StreamPath): Event[] {
    this.#refuseIfFailed();
    return this.#storage.controls(stream);
  }

  controlled(): StreamPath[] {
    this.#refuseIfFailed();
    return this.#storage.controlled();
  }

  cursors(stream: StreamPath): Record<string, Json> {
    this.#refuseIfFailed();
    return this.#storage.cursors(stream);
  }

  watch(listener: (event: Event) => void): () => void {
    return this.#subscriptions.addToAll(listener);
  }

  subscribe(stream: StreamPath, listener: (event: Event) => void): () => void {
    return this.#subscriptions.add(stream, listener);
  }

  streams(prefix: StreamPath = ROOT): StreamSummary[] {
    this.#refuseIfFailed();
    return this.#storage.streams(prefix);
  }

  updates(stream: StreamPath, options: { epoch?: number; through?: number } = {}): StoredUpdate[] {
    this.#refuseIfFailed();
    return this.#storage.updates(stream, options);
  }

  updateHead(stream: StreamPath): { number: number; epoch: number } {
    this.#refuseIfFailed();
    const head = this.#storage.head(stream);
    return { number: head.update, epoch: head.epoch };
  }

  mark(stream: StreamPath): StreamMark | undefined {
    this.#refuseIfFailed();
    return this.#storage.mark(stream);
  }

  busyStreams(): StreamPath[] {
    this.#refuseIfFailed();
    return this.#storage.busyStreams();
  }

  tapHead(tap: string): number {
    this.#refuseIfFailed();
    return this.#storage.tapHead(tap);
  }

  answered(command: CommandId): Event[] | undefined {
    this.#refuseIfFailed();
    return this.#storage.answered(command);
  }

  snapshot(stream: StreamPath, version: number): Snapshot | undefined {
    this.#refuseIfFailed();
    return this.#storage.snapshot(stream, version);
  }

  saveSnapshot(stream: StreamPath, snapshot: Snapshot): void {
    this.#refuseIfFailed();
    this.#openGroup().snapshots.set(stream, snapshot);
  }

  health(): JournalHealth {
    this.#refuseIfFailed();
    return this.#storage.health();
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#commit();
    this.#failure ??= new JournalFailed('The journal is closed.');
    this.#storage.close();
  }

  #refuseIfFailed(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
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
    return events && { events, updates: [], durable: Promise.resolve() };
  }

  #openGroup(): Group {
    if (this.#group === undefined) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const settle = (failure?: JournalFailed) => (failure ? reject(failure) : resolve());
      this.#group = { entries: [], snapshots: new Map(), durable: promise, settle };
      setImmediate(() => this.#commit());
    }
    return this.#group;
  }

  #commit(): void {
    const group = this.#group;
    this.#group = undefined;
    if (group === undefined) {
      return;
    }
    try {
      this.#storage.commit(group.entries, group.snapshots);
    } catch (error) {
      // Whether the disk has the group is unknown: nothing may be built on either answer.
      this.#failure = new JournalFailed('The journal could not be written.', { cause: error });
      group.settle(this.#failure);
      return;
    }
    for (const entry of group.entries) {
      if (entry.command !== undefined) {
        this.#pendingCommands.delete(entry.command.id);
      }
    }
    group.settle();
    for (const entry of group.entries) {
      for (const event of entry.events) {
        this.#subscriptions.tell(event);
      }
    }
  }
}
