/** Writes what the journal assigned into its database, as a part of the transaction that is open. */
import { CONTROL_TYPES, type Event } from '../../schema/index.js';
import type { JournalRecord } from './record.js';
import type { Statements } from './statements.js';
import type { Entry } from './storage.js';

/** Writes everything of the entry but its redaction; gives the row of its stream, 0 if it has none. */
export function writeEntry(statements: Statements, entry: Entry, record: JournalRecord): number {
  const { stream, at, events, updates, tap, mark, cursors, begunBy, command } = entry;
  const written =
    events.length + updates.length > 0 ||
    mark !== undefined ||
    cursors !== undefined ||
    begunBy !== undefined;
  const id = written ? (statements.streamId(stream) ?? statements.createStream(stream, at)) : 0;
  if (begunBy) {
    const unlessBegun = `UPDATE streams SET begun_by = ?1 WHERE id = ?2 AND begun_by IS NULL
       AND NOT EXISTS (SELECT 1 FROM events WHERE stream = ?2)`;
    statements.prepare(unlessBegun).run(JSON.stringify(begunBy), id);
  }
  const [first = 0] = events.map(event => writeEvent(statements, id, event, record));
  writeUpdates(statements, id, updates);
  if (mark) {
    const values = [JSON.stringify(mark), Number(mark.busy), id];
    statements.prepare('UPDATE streams SET mark = ?, busy = ? WHERE id = ?').run(...values);
  }
  writeCursors(statements, id, cursors ?? {});
  if (tap) {
    const forward =
      'INSERT INTO taps VALUES (?, ?) ON CONFLICT (tap) DO UPDATE SET n = max(n, excluded.n)';
    statements.prepare(forward).run(tap.tap, tap.n);
  }
  if (command) {
    const values = [command.id, first, events.length];
    statements.prepare('INSERT INTO commands VALUES (?, ?, ?)').run(...values);
  }
  return id;
}

/** Gives the event's number among those of all streams. */
function writeEvent(
  statements: Statements,
  stream: number,
  event: Event,
  record: JournalRecord
): number {
  const { seq, salt, leaf, actor, data } = record.add(event);
  const { offset, id, type, v, at, assurance, causationId, correlationId, through, entitlement } =
    event;
  const { lastInsertRowid } = statements
    .prepare(
      `INSERT INTO events
         (seq, stream, offset, id, type, v, at, actor, assurance, causation, correlation, through,
          entitlement, data, salt, leaf, control)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    .run(
      ...[seq, stream, offset, id, type, v, at, actor, assurance],
      ...[causationId ?? null, correlationId ?? null, through ?? null, entitlement ?? null],
      ...[data, salt, leaf, Number(CONTROL_TYPES.has(type))]
    );
  return Number(lastInsertRowid);
}

function writeUpdates(statements: Statements, stream: number, updates: Entry['updates']): void {
  const insert =
    'INSERT INTO updates (stream, number, epoch, at, actor, assurance, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
  for (const { number, epoch, at, actor, assurance, bytes } of updates) {
    const values = [stream, number, epoch, at, JSON.stringify(actor), assurance, bytes];
    statements.prepare(insert).run(...values);
  }
}

function writeCursors(
  statements: Statements,
  stream: number,
  cursors: NonNullable<Entry['cursors']>
): void {
  for (const [name, value] of Object.entries(cursors)) {
    if (value === null) {
      statements.prepare('DELETE FROM cursors WHERE stream = ? AND name = ?').run(stream, name);
    } else {
      const values = [stream, name, JSON.stringify(value)];
      statements.prepare('INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)').run(...values);
    }
  }
}
