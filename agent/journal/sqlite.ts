/**
 * The journal on disk: one SQLite database, written by one host. A commit is durable when it returns
 * (WAL with synchronous FULL), and the transaction is the unit of what a crash can undo.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CommandId, Event, Json, StreamPath, Timestamp } from '../../schema/index.js';
import type {
  Journal,
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary
} from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { openJournalDatabase, type OpenJournalDatabase, type OpenOptions } from './database.js';
import { GroupCommitJournal } from './group-commit.js';
import { eventOf, integer, text, updateOf } from './rows.js';
import type { Entry, Head, Storage } from './storage.js';

/** The journal of a data folder, the database that it closes, and where a damaged earlier one was put. Throws JournalUnusable. */
export function openSqliteJournal(
  options: Omit<OpenOptions, 'now'> & {
    readonly ids: Pick<Ids, 'next'>;
    readonly clock: Pick<Clock, 'now'>;
  }
): { journal: Journal; database: DatabaseSync; setAside: string | null } {
  const opened = openJournalDatabase({ ...options, now: new Date(options.clock.now()) });
  const journal = new GroupCommitJournal(new SqliteStorage(opened), options.ids, options.clock);
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
      'transformer.removed'
    )`;

class SqliteStorage implements Storage {
  readonly #opened: OpenJournalDatabase;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #streamIds = new Map<StreamPath, number>();

  constructor(opened: OpenJournalDatabase) {
    this.#opened = opened;
    this.#database = opened.database;
  }

  commit(entries: readonly Entry[], snapshots: ReadonlyMap<StreamPath, Snapshot>): void {
    this.#database.exec('BEGIN IMMEDIATE');
    for (const entry of entries) {
      this.#writeEntry(entry);
    }
    for (const [stream, { offset, version, state }] of snapshots) {
      const id = this.#streamId(stream);
      if (id !== undefined) {
        const values = [id, offset, version, JSON.stringify(state)];
        this.#prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)').run(...values);
      }
    }
    this.#database.exec('COMMIT');
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

  #writeEntry({ stream, at, events, updates, tap, mark, cursors, command }: Entry): void {
    const written =
      events.length + updates.length > 0 || mark !== undefined || cursors !== undefined;
    const id = written ? (this.#streamId(stream) ?? this.#createStream(stream, at)) : 0;
    let first = 0;
    for (const event of events) {
      const seq = Number(this.#writeEvent(id, event));
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
    if (tap) {
      this.#prepare(
        'INSERT INTO taps VALUES (?, ?) ON CONFLICT (tap) DO UPDATE SET n = max(n, excluded.n)'
      ).run(tap.tap, tap.n);
    }
    if (command) {
      this.#prepare('INSERT INTO commands VALUES (?, ?, ?)').run(command.id, first, events.length);
    }
  }

  #writeEvent(stream: number, event: Event): number | bigint {
    return this.#prepare(
      `INSERT INTO events
         (stream, offset, id, type, v, at, actor, assurance, causation, correlation, through,
          entitlement, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    ).run(
      stream,
      event.offset,
      event.id,
      event.type,
      event.v,
      event.at,
      JSON.stringify(event.actor),
      event.assurance,
      event.causationId ?? null,
      event.correlationId ?? null,
      event.through ?? null,
      event.entitlement ?? null,
      JSON.stringify(event.data)
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
