/**
 * The shape of the journal's database, as numbered steps. A shipped step never changes; a new shape
 * is a new step at the end. `PRAGMA user_version` is the number of steps that a database has taken.
 */

/**
 * 1: `seq` orders all streams, and is the rowid so that appends go to the end of the table.
 * `actor` and `data` are JSON. `commands` names the events that answer a command by their `seq`.
 * `mark` is the JSON of a StreamMark, `busy` its field. `snapshots` is disposable.
 */
const INITIAL = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    mark TEXT,
    busy INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX busy_streams ON streams (id) WHERE busy = 1;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (id),
    offset INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    v INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    assurance TEXT NOT NULL,
    causation TEXT,
    correlation TEXT,
    through INTEGER,
    data TEXT NOT NULL,
    UNIQUE (stream, offset)
  ) STRICT;
  CREATE TABLE updates (
    seq INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (id),
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    assurance TEXT NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (stream, number)
  ) STRICT;
  CREATE TABLE taps (tap TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshots (
    stream INTEGER PRIMARY KEY REFERENCES streams (id),
    offset INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
`;

/** 2: The few facts about a stream itself are found without reading the stream. */
const STREAM_CONTROLS = `
  CREATE INDEX stream_controls ON events (stream, offset)
    WHERE type IN ('stream.paused', 'stream.resumed', 'stream.limit-configured');
`;

/** SQL scripts; the one at index n leads from version n to n + 1. */
export const MIGRATIONS: readonly string[] = [INITIAL, STREAM_CONTROLS];
