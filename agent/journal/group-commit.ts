/**
 * The journal: assigns offsets, commits in groups, tells subscribers. It guarantees that offsets and
 * update numbers are dense from 1 in their stream, that one turn of the event loop is one
 * transaction, and that readers and subscribers see durable events only. A group whose commit failed
 * is looked for on the disk and written again, the same, before anything behind it, so that what was
 * built on it stays true (decision 12); if it cannot be known what the disk holds, nothing more is
 * taken or answered.
 */
import type {
  Actor,
  CommandId,
  Event,
  EventId,
  EventRecord,
  Json,
  Rejection,
  StreamPath
} from '../../schema/index.js';
import { JournalUnreachable } from '../ports/host.js';
import type {
  Appended,
  Batch,
  Journal,
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary,
  TreeHead
} from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { Group, JournalFailed } from './group.js';
import type { DiskFault, Entry, Head, Storage } from './storage.js';
import { Subscriptions } from './subscriptions.js';
import { Trouble } from './trouble.js';

const ROOT = '/' as StreamPath;
/** So many batches may wait for a disk that takes nothing; more would fill the memory. */
const MOST_WAITING = 20_000;

export class GroupCommitJournal implements Journal {
  readonly #storage: Storage;
  readonly #ids: Pick<Ids, 'next'>;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  /** Ends of the streams that this process has written to, with what is not yet durable. */
  readonly #heads = new Map<StreamPath, Head>();
  readonly #pendingCommands = new Map<CommandId, Appended>();
  readonly #subscriptions = new Subscriptions();
  #group: Group | undefined;
  /** The group whose commit failed; what is appended meanwhile waits behind it. */
  #stuck: { readonly group: Group; readonly trouble: Trouble } | undefined;
  #failure: JournalFailed | undefined;
  #closed = false;

  /** Takes ownership of `storage`; `ids` names the events, `clock` dates new streams and paces attempts. */
  constructor(storage: Storage, ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now' | 'after'>) {
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
    const entry = this.#place(batch);
    const { events, updates } = entry;
    const group = this.#openGroup();
    group.entries.push(entry);
    const appended: Appended = {
      events,
      updates: updates.map(update => update.number),
      durable: group.durable,
      outcome: group.outcome
    };
    if (batch.command !== undefined) {
      this.#pendingCommands.set(batch.command, appended);
    }
    return appended;
  }

  transact<T>(work: (append: (batch: Batch) => readonly Event[]) => T): T {
    this.#commitAll();
    const entries: Entry[] = [];
    const place = (batch: Batch) => {
      const entry = this.#place(batch);
      entries.push(entry);
      return entry.events;
    };
    let result: { readonly of: T } | undefined;
    try {
      this.#storage.transact(() => {
        result = { of: work(place) };
        return entries;
      });
    } catch (error) {
      throw this.#undone(entries, error);
    }
    if (result === undefined) {
      throw new Error('A transaction ended without its work.');
    }
    entries.forEach(({ events }) => events.forEach(event => this.#subscriptions.tell(event)));
    return result.of;
  }

  trim(stream: StreamPath, before: number, state: (events: number) => Batch): readonly Event[] {
    this.#commitAll();
    const count = this.#storage.trimmable(stream, before);
    if (count === 0) {
      return [];
    }
    const events = this.#takeOut(state(count), entry => this.#storage.trim(stream, before, entry));
    events.forEach(event => this.#subscriptions.tell(event));
    return events;
  }

  trimmable(stream: StreamPath, before: number): number {
    this.#refuseIfFailed();
    return this.#storage.trimmable(stream, before);
  }

  remove(streams: readonly StreamPath[], batch: Batch): readonly Event[] {
    this.#commitAll();
    const events = this.#takeOut(batch, entry => this.#storage.remove(streams, entry));
    for (const stream of streams) {
      this.#heads.delete(stream);
      this.#subscriptions.end(stream);
    }
    events.forEach(event => this.#subscriptions.tell(event));
    return events;
  }

  trouble(command?: CommandId): Rejection | null {
    const waits = command !== undefined && this.#pendingCommands.has(command);
    const trouble = this.#stuck?.trouble;
    return (waits ? trouble?.delay() : trouble?.refusal()) ?? null;
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

  record(stream: StreamPath, offset: number): EventRecord | undefined {
    this.#refuseIfFailed();
    return this.#storage.record(stream, offset);
  }

  tree(): TreeHead {
    this.#refuseIfFailed();
    return this.#storage.tree();
  }

  begunBy(stream: StreamPath): Actor | undefined {
    this.#refuseIfFailed();
    return this.#storage.begunBy(stream);
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

  subscribe(stream: StreamPath, listener: (event: Event) => void, ended?: () => void): () => void {
    return this.#subscriptions.add(stream, listener, ended);
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
    this.#mend();
    this.#commit();
    const detail = 'Colophon ended before the disk took this. Send it again, with the same id.';
    const left = [this.#stuck?.group, this.#group];
    this.#stuck?.trouble.end();
    left.forEach(group => group?.delay({ code: 'shutting-down', detail }));
    this.#failure ??= new JournalFailed('The journal is closed.');
    this.#storage.close();
  }

  #refuseIfFailed(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    if (this.#stuck !== undefined && !this.#storage.readable()) {
      throw new JournalUnreachable(this.#stuck.trouble.unreadable());
    }
  }

  /** Nothing waits after this. Throws while the disk takes nothing. */
  #commitAll(): void {
    this.#refuseIfFailed();
    this.#commit();
    if (this.#stuck !== undefined) {
      throw notTaken(this.#stuck.trouble.fault);
    }
  }

  #takeOut(batch: Batch, write: (entry: Entry) => void): readonly Event[] {
    const entry = this.#place(batch);
    try {
      write(entry);
    } catch (error) {
      throw this.#undone([entry], error);
    }
    return entry.events;
  }

  /** The batch with everything assigned, behind what was assigned before. */
  #place(batch: Batch): Entry {
    const head = this.#heads.get(batch.stream) ?? this.#storage.head(batch.stream);
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
      at: new Date(this.#clock.now()).toISOString(),
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

  /** What to throw once a transaction was undone by an error. */
  #undone(entries: readonly Entry[], error: unknown): unknown {
    entries.forEach(({ stream }) => this.#heads.delete(stream));
    const fault = this.#storage.faultOf(error);
    if (fault === null) {
      return error;
    }
    this.#stuck = { group: new Group(), trouble: new Trouble(this.#clock, fault) };
    this.#mend();
    return notTaken(fault);
  }

  #openGroup(): Group {
    if (this.#group === undefined) {
      this.#group = new Group();
      setImmediate(() => this.#commit());
    } else if (this.#stuck !== undefined && this.#group.entries.length >= MOST_WAITING) {
      const { reason } = this.#stuck.trouble.fault;
      throw this.#fail(new JournalFailed(`The disk took nothing for too long: ${reason}.`));
    }
    return this.#group;
  }

  #commit(): void {
    const group = this.#group;
    if (group === undefined || this.#stuck !== undefined || this.#failure !== undefined) {
      return;
    }
    this.#group = undefined;
    try {
      this.#storage.commit(group.entries, group.snapshots);
    } catch (error) {
      const fault = this.#storage.faultOf(error) ?? { kind: 'unwritable', reason: String(error) };
      this.#stuck = { group, trouble: new Trouble(this.#clock, fault) };
      this.#mend();
      return;
    }
    this.#written(group);
  }

  /** Finds out what became of the group that is stuck and writes it if it is not there; else again later. */
  #mend(): void {
    if (this.#stuck === undefined || this.#failure !== undefined) {
      return;
    }
    const { group, trouble } = this.#stuck;
    try {
      this.#storage.recover(trouble.fault);
      if (!this.#isStored(group)) {
        this.#storage.commit(group.entries, group.snapshots);
      }
    } catch (error) {
      const fault = this.#storage.faultOf(error);
      if (fault === null) {
        this.#fail(new JournalFailed('The journal could not be written.', { cause: error }));
        return;
      }
      trouble.again(fault, () => this.#mend());
      const delay = trouble.delay();
      if (delay !== null) {
        group.delay(delay);
        this.#group?.delay(delay);
      }
      return;
    }
    trouble.end();
    this.#stuck = undefined;
    this.#written(group);
    this.#commit();
  }

  /**
   * A transaction is there or it is not; entries that may be written twice tell nothing. If it is not,
   * the streams must end where they ended before it.
   */
  #isStored({ entries }: Group): boolean {
    const found = new Set(entries.map(entry => this.#storage.holds(entry)));
    found.delete(null);
    if (found.size > 1) {
      throw new Error('The disk holds a part of a transaction.');
    }
    const begun = new Set<StreamPath>();
    for (const { stream, events } of found.has(true) ? [] : entries) {
      const [first] = begun.has(stream) ? [] : events;
      if (first !== undefined && this.#storage.head(stream).offset !== first.offset - 1) {
        throw new Error(`The disk has lost the end of ${stream}, which was durable.`);
      }
      if (first !== undefined) {
        begun.add(stream);
      }
    }
    return found.has(true);
  }

  #written(group: Group): void {
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

  /** Nothing may be built on what the disk holds: who waits is told, and nothing more is taken. */
  #fail(failure: JournalFailed): JournalFailed {
    this.#failure = failure;
    this.#stuck?.trouble.end();
    this.#stuck?.group.fail(failure);
    this.#group?.fail(failure);
    return failure;
  }
}

function notTaken({ kind, reason }: DiskFault): JournalUnreachable {
  const detail = `The disk did not take this (${reason}). Read the stream, then send again what is missing.`;
  return new JournalUnreachable({
    code: kind === 'full' ? 'journal-full' : 'journal-unwritable',
    detail
  });
}
