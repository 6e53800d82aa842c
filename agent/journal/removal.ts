/**
 * Takes whole streams, or what is old in one, out of the journal's database: events, updates, cursors,
 * snapshots, and what their idempotency keys answered. Guarantees that the bytes are overwritten, that
 * the leaf of each event stays, so that the record of the rest can still be verified, and that it stays
 * known who began a stream.
 */
import type { DatabaseSync } from 'node:sqlite';
import { KEPT_FOR_A_TIME, type StreamPath } from '../../schema/index.js';
import { integer } from './rows.js';

/** The rows that name a stream, in the order in which they can go. */
const ROWS = [
  'DELETE FROM commands WHERE first IN (SELECT seq FROM events WHERE stream = ?)',
  'DELETE FROM cursors WHERE stream = ?',
  'DELETE FROM snapshots WHERE stream = ?',
  'DELETE FROM updates WHERE stream = ?',
  'DELETE FROM events WHERE stream = ?',
  'DELETE FROM streams WHERE id = ?'
];

const OLD = `stream = ? AND offset < ? AND type IN (${KEPT_FOR_A_TIME.map(type => `'${type}'`).join(', ')})`;

/** How many events `trimEvents` would take out; `stream` is the row's. */
export function countTrimmable(database: DatabaseSync, stream: number, before: number): number {
  const row = database.prepare(`SELECT count(*) AS n FROM events WHERE ${OLD}`).get(stream, before);
  return row === undefined ? 0 : integer(row, 'n');
}

/** Takes events of a stream out inside a transaction, before this offset. Empty the log when it is committed. */
export function trimEvents(database: DatabaseSync, stream: number, before: number): void {
  database.exec('PRAGMA secure_delete = ON');
  const old = `SELECT seq FROM events WHERE ${OLD}`;
  database
    .prepare(
      `UPDATE streams SET begun_by = coalesce(
         begun_by, (SELECT actor FROM events WHERE stream = streams.id ORDER BY offset LIMIT 1)
       ) WHERE id = ?`
    )
    .run(stream);
  database
    .prepare(
      `INSERT INTO record_removed
       SELECT seq, path, offset, leaf FROM events JOIN streams ON streams.id = stream
       WHERE seq IN (${old}) AND leaf IS NOT NULL`
    )
    .run(stream, before);
  database.prepare(`DELETE FROM commands WHERE first IN (${old})`).run(stream, before);
  database.prepare(`DELETE FROM events WHERE ${OLD}`).run(stream, before);
}

/** Inside a transaction. A stream that is not there changes nothing. Empty the log when it is committed. */
export function removeStreams(database: DatabaseSync, streams: readonly StreamPath[]): void {
  database.exec('PRAGMA secure_delete = ON');
  const find = database.prepare('SELECT id FROM streams WHERE path = ?');
  const keepLeaves = database.prepare(
    `INSERT INTO record_removed
     SELECT seq, path, offset, leaf FROM events JOIN streams ON streams.id = stream
     WHERE stream = ? AND leaf IS NOT NULL`
  );
  const rows = ROWS.map(sql => database.prepare(sql));
  for (const stream of streams) {
    const row = find.get(stream);
    if (row !== undefined) {
      const id = integer(row, 'id');
      keepLeaves.run(id);
      rows.forEach(statement => statement.run(id));
    }
  }
}
