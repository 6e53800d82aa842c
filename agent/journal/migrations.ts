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

/**
 * 3: Durable Streams: byte and JSON streams beside the notebooks' ones, their writers, and who is
 * woken by them. Positions count bytes, or messages where the stream is JSON. `boundary` is the tail
 * behind the append that wrote the row; `units` is how far the row reaches.
 */
const DURABLE_STREAMS = `
  CREATE TABLE ds_streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    content_type TEXT NOT NULL,
    ttl INTEGER,
    expires_at TEXT,
    deadline INTEGER,
    closed INTEGER NOT NULL DEFAULT 0,
    closed_by TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    tail INTEGER NOT NULL,
    last_seq TEXT,
    source INTEGER REFERENCES ds_streams (id),
    source_path TEXT,
    fork_position INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX ds_forks ON ds_streams (source) WHERE source IS NOT NULL;
  CREATE TABLE ds_chunks (
    stream INTEGER NOT NULL REFERENCES ds_streams (id),
    position INTEGER NOT NULL,
    units INTEGER NOT NULL,
    boundary INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (stream, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ds_producers (
    stream INTEGER NOT NULL REFERENCES ds_streams (id),
    producer TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (stream, producer)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ds_subscriptions (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    created_at TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    wake TEXT,
    snapshot TEXT,
    token TEXT,
    holder TEXT,
    lease_until INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ds_links (
    subscription TEXT NOT NULL REFERENCES ds_subscriptions (id),
    path TEXT NOT NULL,
    type TEXT NOT NULL,
    acked INTEGER NOT NULL,
    PRIMARY KEY (subscription, path, type)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ds_keys (
    kid TEXT PRIMARY KEY,
    private_key TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * 4: Facts about a stream itself bear a mark, which an insert finds cheaper than their types; `value`
 * of a cursor is JSON: where a reaction of the stream is. `entitlement` is what let the actor do it;
 * null in older events.
 */
const REACTIONS = `
  DROP INDEX stream_controls;
  ALTER TABLE events ADD COLUMN control INTEGER NOT NULL DEFAULT 0;
  UPDATE events SET control = 1
    WHERE type IN ('stream.paused', 'stream.resumed', 'stream.limit-configured');
  CREATE INDEX stream_controls ON events (stream, offset) WHERE control = 1;
  CREATE TABLE cursors (
    stream INTEGER NOT NULL REFERENCES streams (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (stream, name)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE events ADD COLUMN entitlement TEXT;
`;

/**
 * 5: The verifiable record. `salt` and `leaf` are hexadecimal; `redacted` is the JSON of who erased
 * the payload, when, why, and its digest. `record_key` signs checkpoints. `record_tree` is the
 * frontier of the tree at a size, from which it is built further.
 */
const RECORD = `
  ALTER TABLE events ADD COLUMN salt TEXT;
  ALTER TABLE events ADD COLUMN leaf TEXT;
  ALTER TABLE events ADD COLUMN redacted TEXT;
  CREATE TABLE record_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    private_key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE record_tree (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    roots TEXT NOT NULL
  ) STRICT;
`;

/** 6: The key from which the secrets of push subscriptions are derived. */
const PUSH_KEY = `
  CREATE TABLE push_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL
  ) STRICT;
`;

/**
 * 7: The leaves of events that were removed; `seq` and `offset` are those that they had. `begun_by` is
 * the actor of a stream's first event as JSON, once that event may be gone.
 */
const REMOVED = `
  ALTER TABLE streams ADD COLUMN begun_by TEXT;
  CREATE TABLE record_removed (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    offset INTEGER NOT NULL,
    leaf TEXT NOT NULL
  ) STRICT;
`;

/** SQL scripts; the one at index n leads from version n to n + 1. */
export const MIGRATIONS: readonly string[] = [
  INITIAL,
  STREAM_CONTROLS,
  DURABLE_STREAMS,
  REACTIONS,
  RECORD,
  PUSH_KEY,
  REMOVED
];
