/**
 * The journal on disk: one SQLite database, written by one host. A commit is durable when it returns
 * (WAL with synchronous FULL), and the transaction is the unit of what a crash can undo.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  Actor,
  CommandId,
  Event,
  EventRecord,
  Json,
  StreamPath,
  Timestamp
} from '../../schema/index.js';
import type {
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
import { faultOf } from './disk-fault.js';
import { openJournalDatabase, type OpenJournalDatabase, type OpenOptions } from './database.js';
import { GroupCommitJournal } from './group-commit.js';
import { DatabaseRecord, emptyLog, erase, leafAt, recordOf, type JournalRecord } from './record.js';
import { countTrimmable, removeStreams, trimEvents } from './removal.js';
import { eventOf, integer, text, updateOf } from './rows.js';
import type { DiskFault, Entry, Head, Storage } from './storage.js';

/** The journal of a data folder, the database that it closes, and where a damaged earlier one was put. Throws JournalUnusable. */
export function openSqliteJournal(
  options: Omit<OpenOptions, 'now'> & {
    readonly ids: Pick<Ids, 'next'>;
    readonly clock: Pick<Clock, 'now' | 'after'>;
    /** For a bench: what keeps the record in the place of DatabaseRecord. */
    readonly record?: (database: DatabaseSync) => JournalRecord;
  }
): { journal: Journal; database: DatabaseSync; setAside: string | null } {
  const opened = openJournalDatabase({ ...options, now: new Date(options.clock.now()) });
  const journal = new GroupCommitJournal(
    new SqliteStorage(opened, options.record),
    options.ids,
    options.clock
  );
  return { journal, database: opened.database, setAside: opened.setAside };
}

/** The list is the index's own, in its order: only so SQLite uses it. */
const IS_CONTROL = `type IN (
      'stream.paused',
      'stream.resumed',
      'stream.limit-configured',
      'stream.made-public',
      'stream.made-private',
      'access.granted',
      'access.revoked',
      'schedule.configured',
      'schedule.cancelled',
      'subscription.configured',
      'subscription.removed',
      'subscription.resumed',
      'subscription.parked',
      'transformer.configured',
      'transformer.removed',
      'stream.closed',
      'stream.retention-configured'
    )`;

class SqliteStorage implements Storage {
  readonly #opened: OpenJournalDatabase;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #streamIds = new Map<StreamPath, number>();
  /** Undefined while it is not known what the disk holds. */
  #record: JournalRecord | undefined;
  readonly #openRecord: (database: DatabaseSync) => JournalRecord;
  /** An erased payload may still be in the write-ahead log. */
  #erased = false;

  constructor(
    opened: OpenJournalDatabase,
    record: (database: DatabaseSync) => JournalRecord = opened => new DatabaseRecord(opened)
  ) {
    this.#openRecord = record;
    this.#opened = opened;
    this.#database = opened.database;
    this.#record = record(this.#database);
  }

  commit(entries: readonly Entry[], snapshots: ReadonlyMap<StreamPath, Snapshot>): void {
    const record = this.#record ?? this.#openRecord(this.#database);
    this.#record = undefined;
    this.#database.exec('BEGIN IMMEDIATE');
    for (const entry of entries) {
      this.#writeEntry(entry, record);
    }
    record.keepFrontier();
    for (const [stream, { offset, version, state }] of snapshots) {
      const id = this.#streamId(stream);
      if (id !== undefined) {
        const values = [id, offset, version, JSON.stringify(state)];
        this.#prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)').run(...values);
      }
    }
    this.#database.exec('COMMIT');
    this.#record = record;
    if (this.#erased) {
      this.#erased = !emptyLog(this.#database);
    }
  }

  transact(work: () => readonly Entry[]): void {
    const record = this.#record ?? this.#openRecord(this.#database);
    this.#record = undefined;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work().forEach(entry => this.#writeEntry(entry, record));
      record.keepFrontier();
    } catch (error) {
      this.#streamIds.clear();
      if (this.#database.isTransaction) {
        this.#database.exec('ROLLBACK');
      }
      throw error;
    }
    this.#database.exec('COMMIT');
    this.#record = record;
  }

  remove(streams: readonly StreamPath[], entry: Entry): void {
    this.transact(() => {
      removeStreams(this.#database, streams);
      streams.forEach(stream => this.#streamIds.delete(stream));
      return [entry];
    });
    this.#record = undefined;
    this.#erased = !emptyLog(this.#database);
  }

  trimmable(stream: StreamPath, before: number): number {
    return countTrimmable(this.#database, this.#streamId(stream) ?? 0, before);
  }

  trim(stream: StreamPath, before: number, entry: Entry): void {
    this.transact(() => {
      trimEvents(this.#database, this.#streamId(stream) ?? 0, before);
      return [entry];
    });
    this.#erased = !emptyLog(this.#database);
  }

  faultOf(error: unknown): DiskFault | null {
    return faultOf(error, this.#opened.path);
  }

  recover(fault: DiskFault): void {
    this.#statements.clear();
    this.#streamIds.clear();
    this.#opened.recover(fault);
  }

  holds({ stream, events: [event], updates: [update], command }: Entry): boolean | null {
    if (event !== undefined || update !== undefined) {
      return this.#holdsRow(stream, event, update);
    }
    return command === undefined ? null : this.answered(command.id) !== undefined;
  }

  readable(): boolean {
    return this.#database.isOpen;
  }

  head(stream: StreamPath): Head {
    const id = this.#streamId(stream);
    if (id === undefined) {
      return { offset: 0, update: 0, epoch: 0 };
    }
    const event = this.#prepare(
      'SELECT offset FROM events WHERE stream = ? ORDER BY offset DESC LIMIT 1'
    ).get(id);
    const update = this.#prepare(
      'SELECT number, epoch FROM updates WHERE stream = ? ORDER BY number DESC LIMIT 1'
    ).get(id);
    return {
      offset: event ? integer(event, 'offset') : 0,
      update: update ? integer(update, 'number') : 0,
      epoch: update ? integer(update, 'epoch') : 0
    };
  }

  read(stream: StreamPath, { after, before, limit }: ReadOptions): Event[] {
    const id = this.#streamId(stream);
    if (id === undefined) {
      return [];
    }
    const newest = limit !== undefined && after === undefined;
    const rows = this.#prepare(
      `SELECT * FROM events WHERE stream = ? AND offset > ? AND offset < ?
       ORDER BY offset ${newest ? 'DESC' : 'ASC'} LIMIT ?`
    ).all(id, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, limit ?? -1);
    const events = rows.map(row => eventOf(stream, row));
    return newest ? events.reverse() : events;
  }

  streams(prefix: StreamPath): StreamSummary[] {
    const below = prefix === '/' ? '/' : `${prefix}/`;
    const rows = this.#prepare(
      `SELECT path, created_at,
         (SELECT coalesce(max(offset), 0) FROM events WHERE stream = streams.id) AS head
       FROM streams WHERE path = ? OR substr(path, 1, ?) = ? ORDER BY id`
    ).all(prefix, below.length, below);
    return rows.map(row => ({
      stream: text(row, 'path') as StreamPath,
      head: integer(row, 'head'),
      createdAt: text(row, 'created_at')
    }));
  }

  updates(
    stream: StreamPath,
    { epoch, through }: { epoch?: number; through?: number }
  ): StoredUpdate[] {
    const id = this.#streamId(stream);
    if (id === undefined) {
      return [];
    }
    const last = through ?? Number.MAX_SAFE_INTEGER;
    const newest = this.#prepare(
      'SELECT epoch FROM updates WHERE stream = ? AND number <= ? ORDER BY number DESC LIMIT 1'
    ).get(id, last);
    const wanted = epoch ?? (newest ? integer(newest, 'epoch') : 0);
    const rows = this.#prepare(
      'SELECT * FROM updates WHERE stream = ? AND number <= ? AND epoch = ? ORDER BY number'
    ).all(id, last, wanted);
    return rows.map(updateOf);
  }

  record(stream: StreamPath, offset: number): EventRecord | undefined {
    const row = this.#prepare('SELECT * FROM events WHERE stream = ? AND offset = ?').get(
      this.#streamId(stream) ?? 0,
      offset
    );
    if (row === undefined) {
      return undefined;
    }
    const previous = offset === 1 ? '' : leafAt(this.#database, stream, offset - 1);
    return recordOf(eventOf(stream, row), row, previous);
  }

  tree(): TreeHead {
    this.#record ??= this.#openRecord(this.#database);
    return this.#record.tree();
  }

  begunBy(stream: StreamPath): Actor | undefined {
    const id = this.#streamId(stream);
    const row = this.#prepare(
      `SELECT coalesce(
         (SELECT begun_by FROM streams WHERE id = ?1),
         (SELECT actor FROM events WHERE stream = ?1 ORDER BY offset LIMIT 1)
       ) AS actor`
    ).get(id ?? 0);
    const actor = row?.['actor'];
    return typeof actor === 'string' ? (JSON.parse(actor) as Actor) : undefined;
  }

  controls(stream: StreamPath): Event[] {
    const id = this.#streamId(stream);
    const rows = this.#prepare(
      `SELECT * FROM events WHERE stream = ? AND ${IS_CONTROL} ORDER BY offset`
    ).all(id ?? 0);
    return rows.map(row => eventOf(stream, row));
  }

  controlled(): StreamPath[] {
    const rows = this.#prepare(
      `SELECT path FROM streams
       WHERE id IN (SELECT stream FROM events WHERE ${IS_CONTROL}) ORDER BY id`
    ).all();
    return rows.map(row => text(row, 'path') as StreamPath);
  }

  cursors(stream: StreamPath): Record<string, Json> {
    const rows = this.#prepare('SELECT name, value FROM cursors WHERE stream = ?').all(
      this.#streamId(stream) ?? 0
    );
    return Object.fromEntries(
      rows.map(row => [text(row, 'name'), JSON.parse(text(row, 'value')) as Json])
    );
  }

  mark(stream: StreamPath): StreamMark | undefined {
    const row = this.#prepare('SELECT mark FROM streams WHERE path = ?').get(stream);
    return row && row['mark'] !== null ? (JSON.parse(text(row, 'mark')) as StreamMark) : undefined;
  }

  busyStreams(): StreamPath[] {
    const rows = this.#prepare('SELECT path FROM streams WHERE busy = 1 ORDER BY id').all();
    return rows.map(row => text(row, 'path') as StreamPath);
  }

  tapHead(tap: string): number {
    const row = this.#prepare('SELECT n FROM taps WHERE tap = ?').get(tap);
    return row ? integer(row, 'n') : 0;
  }

  answered(command: CommandId): Event[] | undefined {
    const answer = this.#prepare('SELECT first, count FROM commands WHERE id = ?').get(command);
    if (answer === undefined) {
      return undefined;
    }
    const first = integer(answer, 'first');
    const rows = this.#prepare(
      `SELECT events.*, path FROM events JOIN streams ON streams.id = events.stream
       WHERE seq >= ? AND seq < ? ORDER BY seq`
    ).all(first, first + integer(answer, 'count'));
    return rows.map(row => eventOf(text(row, 'path') as StreamPath, row));
  }

  snapshot(stream: StreamPath, version: number): Snapshot | undefined {
    const row = this.#prepare(
      `SELECT offset, state FROM snapshots JOIN streams ON streams.id = snapshots.stream
       WHERE path = ? AND version = ?`
    ).get(stream, version);
    return (
      row && { offset: integer(row, 'offset'), version, state: JSON.parse(text(row, 'state')) }
    );
  }

  health(): JournalHealth {
    const row = this.#prepare(
      `SELECT (SELECT coalesce(max(seq), 0) FROM events) AS events,
         (SELECT count(*) FROM streams) AS streams,
         page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`
    ).get();
    return {
      kind: 'sqlite',
      path: this.#opened.path,
      sqliteVersion: this.#opened.sqliteVersion,
      events: row ? integer(row, 'events') : 0,
      streams: row ? integer(row, 'streams') : 0,
      bytes: row ? integer(row, 'bytes') : 0
    };
  }

  close(): void {
    this.#opened.close();
  }

  /** Offsets and numbers are given by this process alone, so another row in that place is not ours. */
  #holdsRow(stream: StreamPath, event?: Event, update?: StoredUpdate): boolean {
    if (event === undefined) {
      return this.head(stream).update >= (update?.number ?? 0);
    }
    const [found] = this.read(stream, { after: event.offset - 1, limit: 1 });
    if (found !== undefined && found.id !== event.id) {
      throw new Error(`The journal holds another event at offset ${event.offset} of ${stream}.`);
    }
    return found !== undefined;
  }

  #writeEntry(entry: Entry, record: JournalRecord): void {
    const { stream, at, events, updates, tap, mark, cursors, begunBy, command, redaction } = entry;
    const written =
      events.length + updates.length > 0 ||
      mark !== undefined ||
      cursors !== undefined ||
      begunBy !== undefined;
    const id = written ? (this.#streamId(stream) ?? this.#createStream(stream, at)) : 0;
    if (begunBy) {
      this.#prepare(
        `UPDATE streams SET begun_by = ?1 WHERE id = ?2 AND begun_by IS NULL
         AND NOT EXISTS (SELECT 1 FROM events WHERE stream = ?2)`
      ).run(JSON.stringify(begunBy), id);
    }
    let first = 0;
    for (const event of events) {
      const seq = Number(this.#writeEvent(id, event, record));
      first ||= seq;
    }
    const insertUpdate =
      'INSERT INTO updates (stream, number, epoch, at, actor, assurance, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
    for (const { number, epoch, at, actor, assurance, bytes } of updates) {
      const values = [id, number, epoch, at, JSON.stringify(actor), assurance, bytes];
      this.#prepare(insertUpdate).run(...values);
    }
    if (mark) {
      const values = [JSON.stringify(mark), Number(mark.busy), id];
      this.#prepare('UPDATE streams SET mark = ?, busy = ? WHERE id = ?').run(...values);
    }
    for (const [name, value] of Object.entries(cursors ?? {})) {
      if (value === null) {
        this.#prepare('DELETE FROM cursors WHERE stream = ? AND name = ?').run(id, name);
      } else {
        const values = [id, name, JSON.stringify(value)];
        this.#prepare('INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)').run(...values);
      }
    }
    if (redaction) {
      erase(this.#database, id, redaction);
      this.#erased = true;
    }
    if (tap) {
      this.#prepare(
        'INSERT INTO taps VALUES (?, ?) ON CONFLICT (tap) DO UPDATE SET n = max(n, excluded.n)'
      ).run(tap.tap, tap.n);
    }
    if (command) {
      this.#prepare('INSERT INTO commands VALUES (?, ?, ?)').run(command.id, first, events.length);
    }
  }

  #writeEvent(stream: number, event: Event, record: JournalRecord): number | bigint {
    const { seq, salt, leaf, actor, data } = record.add(event);
    return this.#prepare(
      `INSERT INTO events
         (seq, stream, offset, id, type, v, at, actor, assurance, causation, correlation, through,
          entitlement, data, salt, leaf)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    ).run(
      seq,
      stream,
      event.offset,
      event.id,
      event.type,
      event.v,
      event.at,
      actor,
      event.assurance,
      event.causationId ?? null,
      event.correlationId ?? null,
      event.through ?? null,
      event.entitlement ?? null,
      data,
      salt,
      leaf
    ).lastInsertRowid;
  }

  #streamId(stream: StreamPath): number | undefined {
    const known = this.#streamIds.get(stream);
    if (known !== undefined) {
      return known;
    }
    const row = this.#prepare('SELECT id FROM streams WHERE path = ?').get(stream);
    if (row === undefined) {
      return undefined;
    }
    const id = integer(row, 'id');
    this.#streamIds.set(stream, id);
    return id;
  }

  #createStream(stream: StreamPath, at: Timestamp): number {
    const { lastInsertRowid } = this.#prepare(
      'INSERT INTO streams (path, created_at) VALUES (?, ?)'
    ).run(stream, at);
    this.#streamIds.set(stream, Number(lastInsertRowid));
    return Number(lastInsertRowid);
  }

  /** Statements are compiled once; the texts are constants of this file. */
  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
