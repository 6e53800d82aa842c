/**
 * The lines of a verifiable export, from the journal's database: of the whole journal or of some
 * streams, up to now. Only reads; the caller begins and ends the read transaction.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ExportLine, StreamPath } from '../../schema/index.js';
import { recordOf } from './record.js';
import { checkpoints, lastSeq, newestCheckpoint } from './record-ends.js';
import { inclusionProofs } from './record-proofs.js';
import { eventOf, integer, text, type Row } from './rows.js';

/** The row of an event holds what was never written there. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
  constructor(
    readonly place: {
      readonly stream: StreamPath;
      readonly offset: number;
      readonly seq: number;
      readonly type: string;
    },
    options: ErrorOptions
  ) {
    super(`The event at offset ${place.offset} of ${place.stream} cannot be read.`, options);
  }
}

type PlacedLine = Extract<ExportLine, { event: unknown } | { removed: unknown }>;

/** The lines in their order. `key` is the journal's verifier key; `streams` null for all. */
export function* recordLines(
  database: DatabaseSync,
  key: string,
  streams: readonly StreamPath[] | null
): Generator<ExportLine> {
  const last = lastSeq(database, streams);
  yield { colophon: 'export', version: 1, key, streams: streams && [...streams], last };
  if (streams === null) {
    yield* wholeJournal(database);
    return;
  }
  const newest = newestCheckpoint(database);
  if (newest !== undefined) {
    yield { checkpoint: newest.note };
    for (const proof of inclusionProofs(database, streams, newest.size)) {
      yield { proof };
    }
  }
  yield* linesOf(database, streams);
}

function* wholeJournal(database: DatabaseSync): Generator<ExportLine> {
  const notes = checkpoints(database);
  let next = notes.next();
  for (const line of linesOf(database, null)) {
    yield line;
    const { seq } = 'event' in line ? line.record : line.removed;
    while (next.done !== true && next.value.size <= seq) {
      yield { checkpoint: next.value.note };
      next = notes.next();
    }
  }
}

/** Events, and what is left of those that were taken out, in the order of `seq`. */
function* linesOf(
  database: DatabaseSync,
  streams: readonly StreamPath[] | null
): Generator<PlacedLine> {
  const leaves = new Map<StreamPath, string>();
  const events = eventRows(database, streams);
  const removed = removedRows(database, streams);
  let [a, b] = [events.next(), removed.next()];
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && seqOf(a.value) < seqOf(b.value))) {
      const line = eventLine(a.value as Row, leaves);
      leaves.set(line.event.stream, line.record.leaf);
      yield line;
      a = events.next();
    } else {
      const line = removedLine(b.value);
      leaves.set(line.removed.stream, line.removed.leaf);
      yield line;
      b = removed.next();
    }
  }
}

const seqOf = (row: Row): number => Number(row['seq']);

function eventRows(
  database: DatabaseSync,
  streams: readonly StreamPath[] | null
): Iterator<Row, unknown> {
  const rows = 'SELECT events.*, path FROM events JOIN streams ON streams.id = stream';
  return streams === null
    ? database.prepare(`${rows} ORDER BY seq`).iterate()
    : database
        .prepare(`${rows} WHERE path IN (SELECT value FROM json_each(?)) ORDER BY seq`)
        .iterate(JSON.stringify(streams));
}

/** What a stream held before it was deleted and begun anew is no part of it. */
function removedRows(
  database: DatabaseSync,
  streams: readonly StreamPath[] | null
): Iterator<Row, unknown> {
  if (streams === null) {
    return database.prepare('SELECT * FROM record_removed ORDER BY seq').iterate();
  }
  return database
    .prepare(
      `WITH begun AS (
         SELECT path, (
           SELECT max(seq) FROM (
             SELECT seq FROM events WHERE stream = streams.id AND offset = 1
             UNION ALL SELECT seq FROM record_removed WHERE stream = path AND offset = 1)
         ) AS first
         FROM streams WHERE path IN (SELECT value FROM json_each(?)))
       SELECT record_removed.* FROM record_removed JOIN begun ON stream = path AND seq >= first
       ORDER BY seq`
    )
    .iterate(JSON.stringify(streams));
}

function eventLine(row: Row, leaves: ReadonlyMap<StreamPath, string>) {
  const stream = text(row, 'path') as StreamPath;
  try {
    const event = eventOf(stream, row);
    const previous = event.offset === 1 ? '' : (leaves.get(stream) ?? '');
    return { event, record: recordOf(event, row, previous) };
  } catch (error) {
    throw new UnreadableEvent(
      { stream, offset: Number(row['offset']), seq: Number(row['seq']), type: String(row['type']) },
      { cause: error }
    );
  }
}

function removedLine(row: Row): Extract<ExportLine, { removed: unknown }> {
  const removed = {
    seq: integer(row, 'seq'),
    stream: text(row, 'stream'),
    offset: integer(row, 'offset'),
    leaf: text(row, 'leaf')
  };
  return { removed } as Extract<ExportLine, { removed: unknown }>;
}
