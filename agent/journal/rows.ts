/** Rows of the journal's database as events and updates. */
import type { SQLOutputValue } from 'node:sqlite';
import type { Actor, Assurance, Event, Redacted, StreamPath } from '../../schema/index.js';
import type { StoredUpdate } from '../ports/host.js';

export type Row = Record<string, SQLOutputValue>;

/** The event of a row of `events`. What is in the journal was checked on its way in. */
export function eventOf(stream: StreamPath, row: Row): Event {
  const event = {
    id: text(row, 'id'),
    stream,
    offset: integer(row, 'offset'),
    at: text(row, 'at'),
    actor: JSON.parse(text(row, 'actor')) as Actor,
    assurance: text(row, 'assurance'),
    ...(row['causation'] !== null && { causationId: text(row, 'causation') }),
    ...(row['correlation'] !== null && { correlationId: text(row, 'correlation') }),
    ...(row['entitlement'] !== null && { entitlement: text(row, 'entitlement') }),
    ...(row['through'] !== null && { through: integer(row, 'through') }),
    ...(row['redacted'] !== null && { redacted: redactedOf(text(row, 'redacted')) }),
    type: text(row, 'type'),
    v: integer(row, 'v'),
    data: JSON.parse(text(row, 'data')) as unknown
  };
  return event as Event;
}

/** What readers see of a redaction; the column holds the digest of the payload, too. */
function redactedOf(mark: string): Redacted {
  const { at, by, reason } = JSON.parse(mark) as Redacted;
  return { at, by, reason };
}

/** The update of a row of `updates`. */
export function updateOf(row: Row): StoredUpdate {
  const bytes = row['bytes'];
  if (!(bytes instanceof Uint8Array)) {
    throw new Error('The journal holds an update without bytes.');
  }
  return {
    number: integer(row, 'number'),
    epoch: integer(row, 'epoch'),
    at: text(row, 'at'),
    actor: JSON.parse(text(row, 'actor')) as Actor,
    assurance: text(row, 'assurance') as Assurance,
    bytes
  };
}

/** The text in a column; throws if it holds something else. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') {
    throw new Error(`The journal holds no text in the column ${column}.`);
  }
  return value;
}

/** The whole number in a column; throws if it holds something else. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') {
    throw new Error(`The journal holds no number in the column ${column}.`);
  }
  return value;
}
