/**
 * The rows of streams and their bytes. It guarantees that what is read of a fork is its source's
 * bytes up to the fork and its own from there, and that bytes stay while any fork needs them.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Part } from './content.js';
import type { NewStream, StreamRow } from './stream-row.js';

interface Chunk {
  readonly position: number;
  readonly units: number;
  readonly boundary: number;
  readonly bytes: Uint8Array;
}

/** Part of a stream: its rows, and the position behind them. */
export interface Range {
  readonly rows: readonly Uint8Array[];
  readonly end: number;
}

export class StreamRecords {
  readonly #database: DatabaseSync;

  /** Uses the tables of the journal's database; the caller owns it. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** All or nothing, and on the disk when it returns. Inside another one, a part of that. */
  atomically<T>(work: () => T): T {
    if (this.#database.isTransaction) {
      return work();
    }
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  byPath(path: string): StreamRow | undefined {
    return this.#one('SELECT * FROM ds_streams WHERE path = ?', path);
  }

  byId(id: number): StreamRow | undefined {
    return this.#one('SELECT * FROM ds_streams WHERE id = ?', id);
  }

  /** Every stream that is not deleted. */
  all(): StreamRow[] {
    return this.#database
      .prepare('SELECT * FROM ds_streams WHERE deleted = 0 ORDER BY id')
      .all() as unknown as StreamRow[];
  }

  insert(stream: NewStream): number {
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO ds_streams
           (path, content_type, ttl, expires_at, deadline, tail, source, source_path, fork_position)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
      )
      .run(
        stream.path,
        stream.content_type,
        stream.ttl,
        stream.expires_at,
        stream.deadline,
        stream.tail,
        stream.source,
        stream.source_path,
        stream.fork_position
      );
    return Number(lastInsertRowid);
  }

  /** Adds the parts at the tail; the new tail. */
  extend(id: number, tail: number, parts: readonly Part[]): number {
    const boundary = parts.reduce((end, part) => end + part.units, tail);
    const insert = this.#database.prepare('INSERT INTO ds_chunks VALUES (?, ?, ?, ?, ?)');
    let position = tail;
    for (const { bytes, units } of parts) {
      insert.run(id, position, units, boundary, bytes);
      position += units;
    }
    this.#database.prepare('UPDATE ds_streams SET tail = ? WHERE id = ?').run(boundary, id);
    return boundary;
  }

  setSeq(id: number, seq: string): void {
    this.#database.prepare('UPDATE ds_streams SET last_seq = ? WHERE id = ?').run(seq, id);
  }

  setDeadline(id: number, deadline: number): void {
    this.#database.prepare('UPDATE ds_streams SET deadline = ? WHERE id = ?').run(deadline, id);
  }

  close(id: number, by: string | null): void {
    this.#database
      .prepare('UPDATE ds_streams SET closed = 1, closed_by = ? WHERE id = ?')
      .run(by, id);
  }

  /** Removes the stream, or hides it while forks need its bytes; sources that waited for it go too. */
  remove(stream: StreamRow): void {
    const forks = this.#database.prepare('SELECT 1 FROM ds_streams WHERE source = ?');
    if (forks.get(stream.id) !== undefined) {
      this.#database.prepare('UPDATE ds_streams SET deleted = 1 WHERE id = ?').run(stream.id);
      return;
    }
    this.#database.prepare('DELETE FROM ds_chunks WHERE stream = ?').run(stream.id);
    this.#database.prepare('DELETE FROM ds_producers WHERE stream = ?').run(stream.id);
    this.#database.prepare('DELETE FROM ds_streams WHERE id = ?').run(stream.id);
    const source = stream.source === null ? undefined : this.byId(stream.source);
    if (source?.deleted === 1) {
      this.remove(source);
    }
  }

  /** Whole rows from the position on, until they have `limit` bytes or `until` is reached. */
  range(stream: StreamRow, from: number, limit: number, until = stream.tail): Range {
    const rows: Uint8Array[] = [];
    let end = from;
    let size = 0;
    if (from < stream.fork_position && stream.source !== null) {
      const source = this.byId(stream.source);
      const inherited =
        source && this.range(source, from, limit, Math.min(until, stream.fork_position));
      for (const row of inherited?.rows ?? []) {
        rows.push(row);
        size += row.length;
      }
      end = inherited?.end ?? from;
    }
    if (end < until && end >= stream.fork_position && size < limit) {
      for (const chunk of this.#chunks(stream.id, end, until)) {
        const bytes = cut(chunk, end, until);
        rows.push(bytes);
        size += bytes.length;
        end = Math.min(chunk.position + chunk.units, until);
        if (size >= limit) {
          break;
        }
      }
    }
    return { rows, end };
  }

  /** Where the append that wrote this position ended; the position itself if nothing follows it. */
  boundary(stream: StreamRow, position: number): number {
    const source = stream.source === null ? undefined : this.byId(stream.source);
    if (position < stream.fork_position && source !== undefined) {
      return Math.min(this.boundary(source, position), stream.fork_position);
    }
    for (const chunk of this.#chunks(stream.id, position, stream.tail)) {
      return chunk.boundary;
    }
    return position;
  }

  #chunks(id: number, from: number, until: number): Iterable<Chunk> {
    return this.#database
      .prepare(
        `SELECT position, units, boundary, bytes FROM ds_chunks
         WHERE stream = :id AND position < :until AND position >= coalesce(
           (SELECT max(position) FROM ds_chunks WHERE stream = :id AND position <= :from), 0)
         ORDER BY position`
      )
      .iterate({ id, from, until }) as unknown as Iterable<Chunk>;
  }

  #one(sql: string, key: string | number): StreamRow | undefined {
    return this.#database.prepare(sql).get(key) as unknown as StreamRow | undefined;
  }
}

/** The bytes of a row between two positions; a JSON message is never cut. */
function cut(chunk: Chunk, from: number, until: number): Uint8Array {
  return chunk.units === chunk.bytes.length
    ? chunk.bytes.subarray(Math.max(0, from - chunk.position), until - chunk.position)
    : chunk.bytes;
}
