/**
 * The journal on disk: one SQLite database, written by one host. A commit is durable when it returns
 * (WAL with synchronous FULL), and the transaction is the unit of what a crash can undo.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { StreamPath } from '../../schema/index.js';
import type { Journal, JournalHealth, Snapshot, TreeHead } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { faultOf } from './disk-fault.js';
import { openJournalDatabase, type OpenJournalDatabase, type OpenOptions } from './database.js';
import { GroupCommitJournal } from './group-commit.js';
import { DatabaseRecord, emptyLog, erase, type JournalRecord } from './record.js';
import { countTrimmable, removeStreams, trimEvents } from './removal.js';
import { integer } from './rows.js';
import type { DiskFault, Entry, Storage } from './storage.js';
import { StreamReads } from './stream-reads.js';
import { writeEntry } from './write-entry.js';

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

class SqliteStorage extends StreamReads implements Storage {
  readonly #opened: OpenJournalDatabase;
  /** Undefined while it is not known what the disk holds. */
  #record: JournalRecord | undefined;
  readonly #openRecord: (database: DatabaseSync) => JournalRecord;
  /** An erased payload may still be in the write-ahead log. */
  #erased = false;

  constructor(
    opened: OpenJournalDatabase,
    record: (database: DatabaseSync) => JournalRecord = opened => new DatabaseRecord(opened)
  ) {
    super(opened.database);
    this.#openRecord = record;
    this.#opened = opened;
    this.#record = record(this.database);
  }

  commit(entries: readonly Entry[], snapshots: ReadonlyMap<StreamPath, Snapshot>): void {
    const record = this.#begin();
    entries.forEach(entry => this.#write(entry, record));
    record.keepFrontier();
    for (const [stream, { offset, version, state }] of snapshots) {
      const id = this.statements.streamId(stream);
      if (id !== undefined) {
        const values = [id, offset, version, JSON.stringify(state)];
        this.statements
          .prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)')
          .run(...values);
      }
    }
    this.#end(record);
  }

  transact(work: () => readonly Entry[]): void {
    const record = this.#begin();
    try {
      work().forEach(entry => this.#write(entry, record));
      record.keepFrontier();
    } catch (error) {
      this.statements.forgetStreams();
      if (this.database.isTransaction) {
        this.database.exec('ROLLBACK');
      }
      throw error;
    }
    this.#end(record);
  }

  remove(streams: readonly StreamPath[], entry: Entry): void {
    this.transact(() => {
      removeStreams(this.database, streams);
      this.statements.forgetStreams(streams);
      this.#erased = true;
      return [entry];
    });
    // What it knows of the ends of streams may be of those that are gone.
    this.#record = undefined;
  }

  trimmable(stream: StreamPath, before: number): number {
    return countTrimmable(this.database, this.statements.streamId(stream) ?? 0, before);
  }

  trim(stream: StreamPath, before: number, entry: Entry): void {
    this.transact(() => {
      trimEvents(this.database, this.statements.streamId(stream) ?? 0, before);
      this.#erased = true;
      return [entry];
    });
  }

  faultOf(error: unknown): DiskFault | null {
    return faultOf(error, this.#opened.path);
  }

  recover(fault: DiskFault): void {
    this.statements.clear();
    this.#opened.recover(fault);
  }

  readable(): boolean {
    return this.database.isOpen;
  }

  tree(): TreeHead {
    this.#record ??= this.#openRecord(this.database);
    return this.#record.tree();
  }

  health(): JournalHealth {
    const row = this.statements
      .prepare(
        `SELECT (SELECT coalesce(max(seq), 0) FROM events) AS events,
           (SELECT count(*) FROM streams) AS streams,
           page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`
      )
      .get();
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

  #begin(): JournalRecord {
    const record = this.#record ?? this.#openRecord(this.database);
    // Should the transaction fail, it has to be opened anew.
    this.#record = undefined;
    this.database.exec('BEGIN IMMEDIATE');
    return record;
  }

  #write(entry: Entry, record: JournalRecord): void {
    const id = writeEntry(this.statements, entry, record);
    if (entry.redaction) {
      erase(this.database, id, entry.redaction);
      this.#erased = true;
    }
  }

  #end(record: JournalRecord): void {
    this.database.exec('COMMIT');
    this.#record = record;
    if (this.#erased) {
      this.#erased = !emptyLog(this.database);
    }
  }
}
