/** How far the record in the journal's database goes, and its checkpoints. Only reads. */
import type { DatabaseSync } from 'node:sqlite';
import type { StreamPath } from '../../schema/index.js';
import { integer, text, type Row } from './rows.js';

/** A checkpoint as it is stored: nothing of it is checked. */
interface Checkpoint {
  readonly size: number;
  readonly note: string;
}

const CHECKPOINTS = `SELECT data FROM events JOIN streams ON streams.id = stream
  WHERE path = '/record' AND type = 'record.checkpointed'`;

/** All checkpoints, oldest first. */
export function* checkpoints(database: DatabaseSync): Generator<Checkpoint, undefined> {
  for (const row of database.prepare(`${CHECKPOINTS} ORDER BY offset`).iterate()) {
    yield checkpointOf(row);
  }
}

/** The newest checkpoint, if there is any. */
export function newestCheckpoint(database: DatabaseSync): Checkpoint | undefined {
  const row = database.prepare(`${CHECKPOINTS} ORDER BY offset DESC LIMIT 1`).get();
  return row && checkpointOf(row);
}

/** How far the tree had grown at least when it was last kept; 0 for never. */
export function keptSize(database: DatabaseSync): number {
  const row = database.prepare('SELECT size FROM record_tree').get();
  return row === undefined ? 0 : integer(row, 'size');
}

/** Place of the last event, or leaf of a removed one; 0 for none. */
export function lastSeq(database: DatabaseSync, streams: readonly StreamPath[] | null): number {
  const found =
    streams === null
      ? database
          .prepare(
            `SELECT max(seq) AS seq FROM (
             SELECT max(seq) AS seq FROM events UNION ALL SELECT max(seq) FROM record_removed)`
          )
          .get()
      : database
          .prepare(
            `SELECT max((SELECT seq FROM events WHERE stream = streams.id ORDER BY offset DESC LIMIT 1)) AS seq
             FROM streams WHERE path IN (SELECT value FROM json_each(?))`
          )
          .get(JSON.stringify(streams));
  return Number(found?.['seq'] ?? 0);
}

/** What stands in an altered row is no checkpoint: the event is named when its turn comes. */
function checkpointOf(row: Row): Checkpoint {
  try {
    const { size, note } = JSON.parse(text(row, 'data')) as Checkpoint;
    return { size, note: String(note) };
  } catch {
    return { size: 0, note: '' };
  }
}
