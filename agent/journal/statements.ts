/**
 * The statements of a connection, compiled once each, and the row of each stream by its path. Both are
 * to be forgotten when the connection begins anew.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamPath, Timestamp } from '../../schema/index.js';
import { integer } from './rows.js';

export class Statements {
  readonly #database: DatabaseSync;
  readonly #compiled = new Map<string, StatementSync>();
  readonly #streamIds = new Map<StreamPath, number>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The texts are to be constants, since each is kept. */
  prepare(sql: string): StatementSync {
    const statement = this.#compiled.get(sql) ?? this.#database.prepare(sql);
    this.#compiled.set(sql, statement);
    return statement;
  }

  /** The row of the stream; undefined if there is none. */
  streamId(stream: StreamPath): number | undefined {
    const known = this.#streamIds.get(stream);
    if (known !== undefined) {
      return known;
    }
    const row = this.prepare('SELECT id FROM streams WHERE path = ?').get(stream);
    if (row === undefined) {
      return undefined;
    }
    const id = integer(row, 'id');
    this.#streamIds.set(stream, id);
    return id;
  }

  /** Makes the row of a new stream. */
  createStream(stream: StreamPath, at: Timestamp): number {
    const insert = 'INSERT INTO streams (path, created_at) VALUES (?, ?)';
    const id = Number(this.prepare(insert).run(stream, at).lastInsertRowid);
    this.#streamIds.set(stream, id);
    return id;
  }

  /** These streams may be gone. */
  forgetStreams(streams: Iterable<StreamPath> = [...this.#streamIds.keys()]): void {
    for (const stream of streams) {
      this.#streamIds.delete(stream);
    }
  }

  /** Another connection takes the place of this one. */
  clear(): void {
    this.#compiled.clear();
    this.#streamIds.clear();
  }
}
