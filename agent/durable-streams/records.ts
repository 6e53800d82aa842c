/**
 * The streams of the protocol as streams of the journal. A message of a JSON stream is one event, and
 * its position is the event's offset; the bytes of other streams are in events, too, and `ds_chunks`
 * says where each append begins. It guarantees that what is read of a fork is its source's bytes up to
 * the fork and its own from there, and that bytes stay while any fork needs them.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Actor, Draft, Event, StreamPath } from '../../schema/index.js';
import type { Batch, Journal } from '../ports/host.js';
import { isJson, type Part } from './content.js';
import { bytesOf } from './messages.js';
import { pathOf, streamOf } from './paths.js';
import { GONE, HIDDEN, type NewStream, type StreamRow } from './stream-row.js';

interface Chunk {
  readonly position: number;
  readonly units: number;
  readonly boundary: number;
  /** Of the event that has the bytes. */
  readonly offset: number;
}

/** Part of a stream: its rows, and the position behind them. */
export interface Range {
  readonly rows: readonly Uint8Array[];
  readonly end: number;
}

export type StreamJournal = Pick<
  Journal,
  'transact' | 'read' | 'head' | 'next' | 'watch' | 'streams'
>;

const PAGE = 500;

export class StreamRecords {
  readonly #database: DatabaseSync;
  readonly #journal: StreamJournal;
  #append: ((batch: Batch) => readonly Event[]) | undefined;

  /** `database` is the journal's own; the caller owns both. */
  constructor(database: DatabaseSync, journal: StreamJournal) {
    this.#database = database;
    this.#journal = journal;
  }

  /** All or nothing, and on the disk when it returns. Inside another one, a part of that. */
  atomically<T>(work: () => T): T {
    if (this.#append !== undefined) {
      return work();
    }
    return this.#journal.transact(append => {
      this.#append = append;
      try {
        return work();
      } finally {
        this.#append = undefined;
      }
    });
  }

  /** The stream at the path; one that the journal has already becomes a JSON stream by this. */
  byPath(path: string): StreamRow | undefined {
    return (
      this.known(path) ?? (this.#journal.head(streamOf(path)) > 0 ? this.#adopt(path) : undefined)
    );
  }

  /** The stream at the path, if the protocol was ever used for it. */
  known(path: string): StreamRow | undefined {
    return this.#one('SELECT * FROM ds_streams WHERE path = ?', path);
  }

  byId(id: number): StreamRow | undefined {
    return this.#one('SELECT * FROM ds_streams WHERE id = ?', id);
  }

  /** Every stream that is not deleted, those of the journal alone among them. */
  all(): StreamRow[] {
    for (const { stream, head } of this.#journal.streams()) {
      if (head > 0) {
        this.byPath(pathOf(stream));
      }
    }
    const rows = this.#database.prepare('SELECT * FROM ds_streams WHERE deleted = 0 ORDER BY id');
    return (rows.all() as unknown as StreamRow[]).map(row => this.#complete(row));
  }

  /** Paths of streams that are not deleted here, but that the journal has no more. */
  orphans(): string[] {
    const rows = this.#database.prepare('SELECT path FROM ds_streams WHERE deleted = 0').all();
    const there = new Set(this.#journal.streams().map(({ stream }) => stream));
    return rows.map(({ path }) => String(path)).filter(path => !there.has(streamOf(path)));
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

  /** The stream is this actor's from now on, in the transaction that is open. */
  begin(stream: StreamPath, begunBy: Actor): void {
    this.#append?.({ stream, begunBy });
  }

  /** Appends the events, in the transaction that is open; of parts that are bytes it keeps where they are. */
  extend(stream: StreamRow, events: readonly Draft[], parts: readonly Part[]): void {
    const path = streamOf(stream.path);
    const appended = this.#append?.({ stream: path, events });
    if (appended === undefined) {
      throw new Error('An append belongs in a transaction.');
    }
    const [first] = appended;
    const [part] = parts;
    if (isJson(stream.content_type) || first === undefined || part === undefined) {
      return;
    }
    const tail = stream.tail + part.units;
    this.#database
      .prepare('INSERT INTO ds_chunks VALUES (?, ?, ?, ?, ?)')
      .run(stream.id, stream.tail, part.units, tail, first.offset);
    this.#database.prepare('UPDATE ds_streams SET tail = ? WHERE id = ?').run(tail, stream.id);
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

  /** Whether forks need the bytes of the stream. */
  isForked(id: number): boolean {
    return (
      this.#database.prepare('SELECT 1 FROM ds_streams WHERE source = ?').get(id) !== undefined
    );
  }

  /** Hides the stream while forks need its bytes. */
  hide(id: number): void {
    this.#database.prepare('UPDATE ds_streams SET deleted = ? WHERE id = ?').run(HIDDEN, id);
  }

  /**
   * The journal has the stream's bytes no more. What forks had of it is gone, too; its path is free,
   * and whoever begins a stream there has nothing in common with them.
   */
  lose(id: number): void {
    this.#database
      .prepare('UPDATE ds_streams SET deleted = ?, path = ? WHERE id = ?')
      .run(GONE, ` gone ${id}`, id);
  }

  /** Forgets the rows of the stream; its events are the journal's to remove. */
  forget(id: number): void {
    this.#database.prepare('DELETE FROM ds_chunks WHERE stream = ?').run(id);
    this.#database.prepare('DELETE FROM ds_producers WHERE stream = ?').run(id);
    this.#database.prepare('DELETE FROM ds_streams WHERE id = ?').run(id);
  }

  /** Whole rows from the position on, until they have `limit` bytes or `until` is reached. */
  range(stream: StreamRow, from: number, limit: number, until = stream.tail): Range {
    const rows: Uint8Array[] = [];
    let end = from;
    let size = 0;
    if (from < stream.fork_position && stream.source !== null) {
      const source = this.byId(stream.source);
      const lost = source?.deleted === GONE && Math.min(until, stream.fork_position);
      if (lost !== false) {
        return lost < until ? this.range(stream, lost, limit, until) : { rows, end: lost };
      }
      const inherited =
        source && this.range(source, from, limit, Math.min(until, stream.fork_position));
      for (const row of inherited?.rows ?? []) {
        rows.push(row);
        size += row.length;
      }
      end = inherited?.end ?? from;
    }
    if (end < until && end >= stream.fork_position && size < limit) {
      const own = isJson(stream.content_type)
        ? this.#messages(stream, end, until)
        : this.#bytes(stream, end, until);
      for (const row of own) {
        rows.push(row.bytes);
        size += row.bytes.length;
        end = row.end;
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
    if (!isJson(stream.content_type)) {
      const [chunk] = this.#chunks(stream.id, position, stream.tail);
      return chunk?.boundary ?? position;
    }
    let end = position;
    for (const event of this.#events(stream, position, stream.tail)) {
      end = stream.fork_position + event.offset;
      if (event.type !== 'message.appended' || event.data.more !== true) {
        break;
      }
    }
    return end;
  }

  *#messages(stream: StreamRow, from: number, until: number) {
    for (const event of this.#events(stream, from, until)) {
      yield { bytes: bytesOf(event), end: stream.fork_position + event.offset };
    }
  }

  *#bytes(stream: StreamRow, from: number, until: number) {
    for (const { position, units, offset } of this.#chunks(stream.id, from, until)) {
      const [event] = this.#journal.read(streamOf(stream.path), { after: offset - 1, limit: 1 });
      const stored = event === undefined ? new Uint8Array() : bytesOf(event);
      // What was erased keeps its place, so that positions stay what they were.
      const whole = stored.length === units ? stored : new Uint8Array(units);
      const bytes = whole.subarray(Math.max(0, from - position), until - position);
      yield { bytes, end: Math.min(position + units, until) };
    }
  }

  *#events(stream: StreamRow, from: number, until: number): Generator<Event> {
    let after = from - stream.fork_position;
    const last = until - stream.fork_position;
    while (after < last) {
      const options = { after, before: last + 1, limit: PAGE };
      const page = this.#journal.read(streamOf(stream.path), options);
      yield* page;
      // Offsets have gaps where a rule of retention let events go.
      after = page.at(-1)?.offset ?? last;
    }
  }

  #chunks(id: number, from: number, until: number): Chunk[] {
    return this.#database
      .prepare(
        `SELECT position, units, boundary, offset FROM ds_chunks
         WHERE stream = :id AND position < :until AND position >= coalesce(
           (SELECT max(position) FROM ds_chunks WHERE stream = :id AND position <= :from), 0)
         ORDER BY position LIMIT 5000`
      )
      .all({ id, from, until }) as unknown as Chunk[];
  }

  #adopt(path: string): StreamRow | undefined {
    const none = { ttl: null, expires_at: null, deadline: null, source: null, source_path: null };
    const row = { path, content_type: 'application/json', tail: 0, fork_position: 0, ...none };
    return this.byId(this.insert(row));
  }

  #one(sql: string, key: string | number): StreamRow | undefined {
    const row = this.#database.prepare(sql).get(key) as unknown as StreamRow | undefined;
    return row && this.#complete(row);
  }

  /** Events are added without the row; where a JSON stream ends is the journal's to say. */
  #complete(row: StreamRow): StreamRow {
    if (!isJson(row.content_type)) {
      return row;
    }
    const stream: StreamPath = streamOf(row.path);
    const head =
      this.#append === undefined ? this.#journal.head(stream) : this.#journal.next(stream) - 1;
    return { ...row, tail: row.fork_position + head - row.closed };
  }
}
