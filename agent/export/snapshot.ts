/**
 * The journal's events as they are at one moment: one read transaction on a connection that cannot
 * write, so that a host goes on writing meanwhile, and one event at a time in memory.
 */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { Event, ExportLine, StreamPath } from '../../schema/index.js';
import { reasonOf } from '../core/explain.js';

/** The streams that are read: one, one with all below it, or every one. */
export type Selection =
  | { readonly kind: 'stream'; readonly stream: StreamPath }
  | { readonly kind: 'below'; readonly stream: StreamPath }
  | { readonly kind: 'all' };

type Row = Record<string, SQLOutputValue>;

/** How the journal keeps events; it belongs to the journal. */
export interface Shape {
  /** The newest `user_version`. */
  readonly version: number;
  readonly eventOf: (stream: StreamPath, row: Row) => Event;
  /** The lines of schema/export.ts; null for the whole journal. */
  readonly lines: (
    database: DatabaseSync,
    streams: readonly StreamPath[] | null
  ) => Iterable<ExportLine>;
}

/** A journal that cannot be exported, in words for a person. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export class Snapshot {
  readonly #database: DatabaseSync;
  readonly #shape: Shape;

  /** Of the database at this path; throws Unreadable. */
  constructor(path: string, shape: Shape) {
    this.#shape = shape;
    try {
      this.#database = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
      this.#database.exec('BEGIN');
      const version = this.#database.prepare('PRAGMA user_version').get()?.['user_version'];
      if (version !== shape.version) {
        throw new Unreadable(
          Number(version) < shape.version
            ? 'It was written by an older Colophon. Start Colophon on it once, then export again.'
            : 'It was written by a newer Colophon. Use that one.'
        );
      }
    } catch (error) {
      const reason = reasonOf(error);
      throw new Unreadable(`The journal ${path} cannot be read: ${reason}`, { cause: error });
    }
  }

  /** The streams of a selection that have events, by path. */
  streams(selection: Selection): StreamPath[] {
    const [where, values] = conditionOf(selection);
    return this.#database
      .prepare(
        `SELECT s.path FROM streams s
         WHERE ${where} AND EXISTS (SELECT 1 FROM events e WHERE e.stream = s.id) ORDER BY s.path`
      )
      .all(...values)
      .map(({ path }) => String(path) as StreamPath);
  }

  /** The events ordered by stream and offset; only these types, if any are given. */
  *events(selection: Selection, types?: readonly Event['type'][]): Generator<Event> {
    const [where, values] = conditionOf(selection);
    const only = types ? `AND e.type IN (${types.map(() => '?').join(', ')})` : '';
    const rows = this.#database
      .prepare(
        `SELECT s.path, e.* FROM streams s CROSS JOIN events e ON e.stream = s.id
         WHERE ${where} ${only} ORDER BY s.path, e.offset`
      )
      .iterate(...values, ...(types ?? []));
    for (const row of rows) {
      yield this.#shape.eventOf(String(row['path']) as StreamPath, row);
    }
  }

  /** The lines of the export as JSON Lines, each with its end. */
  *lines(selection: Selection): Generator<string> {
    const streams = selection.kind === 'all' ? null : this.streams(selection);
    for (const line of this.#shape.lines(this.#database, streams)) {
      yield `${JSON.stringify(line)}\n`;
    }
  }

  close(): void {
    this.#database.close();
  }
}

function conditionOf(selection: Selection): [where: string, values: string[]] {
  switch (selection.kind) {
    case 'stream':
      return ['s.path = ?', [selection.stream]];
    case 'below': {
      const { stream } = selection;
      // The character behind a slash is a zero.
      return ['(s.path = ? OR (s.path > ? AND s.path < ?))', [stream, `${stream}/`, `${stream}0`]];
    }
    case 'all':
      return ["s.path <> ''", []];
  }
}
