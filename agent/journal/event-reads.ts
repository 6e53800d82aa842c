/** Reads the events in the journal's database, and finds out which of them are there. */
import type { DatabaseSync } from 'node:sqlite';
import type { Actor, CommandId, Event, EventRecord, StreamPath } from '../../schema/index.js';
import type { ReadOptions, StoredUpdate } from '../ports/host.js';
import { leafAt, recordOf } from './record.js';
import { eventOf, integer, text } from './rows.js';
import { Statements } from './statements.js';
import type { Entry, Head } from './storage.js';

export class EventReads {
  protected readonly database: DatabaseSync;
  protected readonly statements: Statements;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.statements = new Statements(database);
  }

  head(stream: StreamPath): Head {
    const id = this.statements.streamId(stream);
    if (id === undefined) {
      return { offset: 0, update: 0, epoch: 0 };
    }
    const event = this.statements
      .prepare('SELECT offset FROM events WHERE stream = ? ORDER BY offset DESC LIMIT 1')
      .get(id);
    const update = this.statements
      .prepare('SELECT number, epoch FROM updates WHERE stream = ? ORDER BY number DESC LIMIT 1')
      .get(id);
    return {
      offset: event ? integer(event, 'offset') : 0,
      update: update ? integer(update, 'number') : 0,
      epoch: update ? integer(update, 'epoch') : 0
    };
  }

  read(stream: StreamPath, { after, before, limit, types }: ReadOptions): Event[] {
    const id = this.statements.streamId(stream);
    if (id === undefined) {
      return [];
    }
    const newest = limit !== undefined && after === undefined;
    const only = types === undefined ? '' : `AND type IN (${types.map(() => '?').join(', ')})`;
    const rows = this.statements
      .prepare(
        `SELECT * FROM events WHERE stream = ? AND offset > ? AND offset < ? ${only}
       ORDER BY offset ${newest ? 'DESC' : 'ASC'} LIMIT ?`
      )
      .all(id, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, ...(types ?? []), limit ?? -1);
    const events = rows.map(row => eventOf(stream, row));
    return newest ? events.reverse() : events;
  }

  record(stream: StreamPath, offset: number): EventRecord | undefined {
    const row = this.statements
      .prepare('SELECT * FROM events WHERE stream = ? AND offset = ?')
      .get(this.statements.streamId(stream) ?? 0, offset);
    if (row === undefined) {
      return undefined;
    }
    const previous = offset === 1 ? '' : leafAt(this.database, stream, offset - 1);
    return recordOf(eventOf(stream, row), row, previous);
  }

  begunBy(stream: StreamPath): Actor | undefined {
    const id = this.statements.streamId(stream);
    const row = this.statements
      .prepare(
        `SELECT coalesce(
         (SELECT begun_by FROM streams WHERE id = ?1),
         (SELECT actor FROM events WHERE stream = ?1 ORDER BY offset LIMIT 1)
       ) AS actor`
      )
      .get(id ?? 0);
    const actor = row?.['actor'];
    return typeof actor === 'string' ? (JSON.parse(actor) as Actor) : undefined;
  }

  controls(stream: StreamPath): Event[] {
    const id = this.statements.streamId(stream);
    const rows = this.statements
      .prepare(`SELECT * FROM events WHERE stream = ? AND control = 1 ORDER BY offset`)
      .all(id ?? 0);
    return rows.map(row => eventOf(stream, row));
  }

  controlled(): StreamPath[] {
    const rows = this.statements
      .prepare(
        `SELECT path FROM streams
       WHERE id IN (SELECT stream FROM events WHERE control = 1) ORDER BY id`
      )
      .all();
    return rows.map(row => text(row, 'path') as StreamPath);
  }

  answered(command: CommandId): Event[] | undefined {
    const answer = this.statements
      .prepare('SELECT first, count FROM commands WHERE id = ?')
      .get(command);
    if (answer === undefined) {
      return undefined;
    }
    const first = integer(answer, 'first');
    const rows = this.statements
      .prepare(
        `SELECT events.*, path FROM events JOIN streams ON streams.id = events.stream
       WHERE seq >= ? AND seq < ? ORDER BY seq`
      )
      .all(first, first + integer(answer, 'count'));
    return rows.map(row => eventOf(text(row, 'path') as StreamPath, row));
  }

  holds({ stream, events: [event], updates: [update], command }: Entry): boolean | null {
    if (event !== undefined || update !== undefined) {
      return this.#holdsRow(stream, event, update);
    }
    return command === undefined ? null : this.answered(command.id) !== undefined;
  }

  /** Offsets and numbers are given by this process alone, so another row in that place is not ours. */
  #holdsRow(stream: StreamPath, event?: Event, update?: StoredUpdate): boolean {
    if (event === undefined) {
      return this.head(stream).update >= (update?.number ?? 0);
    }
    const [found] = this.read(stream, { after: event.offset - 1, limit: 1 });
    if (found !== undefined && found.id !== event.id) {
      throw new Error(`The journal holds another event at offset ${event.offset} of ${stream}.`);
    }
    return found !== undefined;
  }
}
