/**
 * The verifiable record in the journal's database: gives each event its record while it is written,
 * inside the same transaction. What it has in memory follows from the disk: after a transaction that
 * failed, make it anew.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Event, EventRecord, Redacted, StreamPath } from '../../schema/index.js';
import { canonical } from '../core/record/canonical.js';
import { RecordChain, type Link } from '../core/record/chain.js';
import { payloadHash } from '../core/record/leaf.js';
import { Frontier } from '../core/record/tree.js';
import type { Redaction, TreeHead } from '../ports/host.js';
import { nodeHashing, randomSalt } from './hashing.js';
import { eventOf, integer, text, type Row } from './rows.js';

/** The frontier is kept when so many events were written since, so that opening is quick. */
const KEEP_EVERY = 5000;
/** Older events get their record so many in one transaction. */
const CHAINED_AT_ONCE = 5000;

/** What gives events their record while they are written. */
export type JournalRecord = Pick<DatabaseRecord, 'add' | 'tree' | 'keepFrontier'>;

export class DatabaseRecord {
  readonly #database: DatabaseSync;
  readonly #chain: RecordChain;
  #kept: number;
  #checkpointed = false;

  /**
   * Reads where the record ends. First makes that of events which are older than the record, in
   * transactions of its own. Not to be made inside a transaction.
   */
  constructor(database: DatabaseSync) {
    this.#database = database;
    const frontier = readFrontier(database);
    this.#kept = frontier.size;
    const leaves = database
      .prepare(
        `SELECT seq, leaf FROM events WHERE seq > ?1 AND leaf IS NOT NULL
         UNION ALL SELECT seq, leaf FROM record_removed WHERE seq > ?1 ORDER BY seq`
      )
      .iterate(frontier.size);
    for (const row of leaves) {
      frontier.add(text(row, 'leaf'));
    }
    this.#chain = new RecordChain(nodeHashing, randomSalt, {
      frontier,
      leafAt: (stream, offset) => leafAt(database, stream, offset)
    });
    chainOlder(database, this.#chain);
  }

  /** The record of the next event, to be stored with it. */
  add(event: Event): Link {
    this.#checkpointed ||= event.type === 'record.checkpointed';
    return this.#chain.add(event);
  }

  /** Size and root of the tree, with what was added. */
  tree(): TreeHead {
    const { frontier } = this.#chain;
    return { size: frontier.size, root: frontier.root() };
  }

  /** Keeps how far the tree has grown; to be called in each transaction, behind the last event. */
  keepFrontier(): void {
    const { size, roots } = this.#chain.frontier;
    if (this.#checkpointed || size >= this.#kept + KEEP_EVERY) {
      this.#database
        .prepare('INSERT OR REPLACE INTO record_tree VALUES (1, ?, ?)')
        .run(size, JSON.stringify(roots));
      this.#kept = size;
      this.#checkpointed = false;
    }
  }
}

/** Leaf of the event at this offset, also if the event itself was taken out; empty for none. */
export function leafAt(database: DatabaseSync, stream: StreamPath, offset: number): string {
  const row =
    database
      .prepare(
        `SELECT leaf FROM events
         WHERE stream = (SELECT id FROM streams WHERE path = ?) AND offset = ?`
      )
      .get(stream, offset) ??
    database
      .prepare(
        'SELECT leaf FROM record_removed WHERE stream = ? AND offset = ? ORDER BY seq DESC LIMIT 1'
      )
      .get(stream, offset);
  return row === undefined ? '' : text(row, 'leaf');
}

/** Erases a payload inside a transaction, so that its bytes are overwritten; `stream` is the row's. */
export function erase(database: DatabaseSync, stream: number, redaction: Redaction): void {
  const { offset, data, ...mark } = redaction;
  database.exec('PRAGMA secure_delete = ON');
  database
    .prepare(
      'UPDATE events SET data = ?, salt = NULL, redacted = ? WHERE stream = ? AND offset = ?'
    )
    .run(JSON.stringify(data), JSON.stringify(mark), stream, offset);
}

/**
 * Moves the write-ahead log into the database and empties it, so that it holds no erased payload.
 * False while another program reads the journal: then it has to be called again.
 */
export function emptyLog(database: DatabaseSync): boolean {
  return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0;
}

/** The record of an event by its row; `previous` is the leaf before it in its stream. */
export function recordOf(event: Event, row: Row, previous: string): EventRecord {
  const mark = row['redacted'];
  const salt = row['salt'] === null ? null : text(row, 'salt');
  const digest =
    typeof mark === 'string'
      ? (JSON.parse(mark) as Redacted & { payloadHash: string }).payloadHash
      : payloadHash(nodeHashing, salt ?? '', canonical(event.data));
  return {
    seq: integer(row, 'seq'),
    salt,
    payloadHash: digest,
    previous,
    leaf: text(row, 'leaf')
  } as EventRecord;
}

function readFrontier(database: DatabaseSync): Frontier {
  const row = database.prepare('SELECT size, roots FROM record_tree').get();
  return row === undefined
    ? new Frontier(nodeHashing)
    : new Frontier(
        nodeHashing,
        integer(row, 'size'),
        JSON.parse(text(row, 'roots')) as readonly string[]
      );
}

function chainOlder(database: DatabaseSync, chain: RecordChain): void {
  const next = database.prepare(
    `SELECT events.*, path FROM events JOIN streams ON streams.id = stream
     WHERE seq > ? ORDER BY seq LIMIT ${CHAINED_AT_ONCE}`
  );
  const seal = database.prepare('UPDATE events SET salt = ?, leaf = ? WHERE seq = ?');
  for (;;) {
    const rows = next.all(chain.frontier.size);
    if (rows.length === 0) {
      return;
    }
    // Rows that grow are moved; no copy of a payload may be left behind that could not be erased.
    database.exec('PRAGMA secure_delete = ON; BEGIN IMMEDIATE');
    for (const row of rows) {
      const { seq, salt, leaf } = chain.add(eventOf(text(row, 'path') as StreamPath, row));
      if (seq !== integer(row, 'seq')) {
        throw new Error(`The journal has no event with number ${seq}.`);
      }
      seal.run(salt, leaf, seq);
    }
    database.exec('COMMIT');
  }
}
