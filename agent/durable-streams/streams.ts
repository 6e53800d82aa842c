/**
 * What can be done with streams, free of HTTP. It guarantees that a change is one transaction, on
 * the disk before the call returns, with its producer's state and its subscriptions' links in it;
 * and that watchers are told after that, never before.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../ports/inputs.js';
import { partsOf } from './content.js';
import {
  matching,
  partsFor,
  type Append,
  type Appended,
  type AppendListener,
  type Creation
} from './changes.js';
import { deadlineOf } from './lifetime.js';
import { formatOffset } from './offsets.js';
import { originOf } from './forks.js';
import { admit, stateOf } from './producers.js';
import { StreamRecords, type Range } from './records.js';
import { refuse } from './refusal.js';
import type { StreamRow } from './stream-row.js';
import { Watchers } from './watchers.js';

export class Streams {
  readonly watchers = new Watchers();
  readonly records: StreamRecords;
  readonly #database: DatabaseSync;
  readonly #clock: Pick<Clock, 'now'>;
  #listener: AppendListener | undefined;

  constructor(database: DatabaseSync, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#clock = clock;
    this.records = new StreamRecords(database);
  }

  /** Tells this one listener of every append from now on. */
  listen(listener: AppendListener): void {
    this.#listener = listener;
  }

  /** The stream, unless it is unknown, expired or deleted. Refuses those with 404 and 410. */
  find(path: string): StreamRow {
    const stream = this.#live(path);
    if (stream === undefined) {
      return refuse(404, 'There is no such stream; create it with PUT.');
    }
    return stream.deleted === 0
      ? stream
      : refuse(410, 'The stream was deleted; its forks can still be read.');
  }

  /** Begins the stream's window anew, for a use that is not a look at its head. */
  touch(stream: StreamRow): void {
    if (stream.ttl !== null) {
      this.records.setDeadline(stream.id, this.#clock.now() + stream.ttl * 1000);
    }
  }

  /** A part of the stream from the position on. */
  read(stream: StreamRow, from: number, limit: number): Range {
    return this.records.range(stream, from, limit);
  }

  /** Creates the stream, or finds it as asked for. Refuses with 409 if it is different. */
  create(path: string, asked: Creation): { stream: StreamRow; created: boolean } {
    const result = this.records.atomically(() => {
      const existing = this.#live(path);
      if (existing !== undefined) {
        return { stream: matching(existing, asked), created: false };
      }
      return { stream: this.#insert(path, asked), created: true };
    });
    if (result.created && asked.body.length > 0) {
      this.#listener?.after(path);
    }
    return result;
  }

  /** Appends, closes, or both. */
  append(path: string, asked: Append): Appended {
    const before = this.find(path);
    const appended = this.records.atomically(() => this.#append(before, asked));
    if (!appended.duplicate) {
      this.watchers.tell(before.id);
      if (asked.body.length > 0) {
        this.#listener?.after(path);
      }
    }
    return appended;
  }

  /** Deletes the stream; its bytes stay while forks need them. */
  delete(path: string): void {
    const stream = this.find(path);
    this.records.atomically(() => this.records.remove(stream));
    this.watchers.tell(stream.id);
  }

  #live(path: string): StreamRow | undefined {
    const stream = this.records.byPath(path);
    if (stream === undefined || stream.deleted === 1) {
      return stream;
    }
    if (stream.deadline === null || stream.deadline > this.#clock.now()) {
      return stream;
    }
    this.records.atomically(() => this.records.remove(stream));
    return this.records.byPath(path);
  }

  #insert(path: string, asked: Creation): StreamRow {
    const origin =
      asked.fork &&
      originOf(this.records, this.#live(asked.fork.path), asked.fork, asked.contentType);
    const contentType =
      asked.contentType ?? origin?.source.content_type ?? 'application/octet-stream';
    const none = asked.lifetime.ttl === null && asked.lifetime.expires_at === null;
    const lifetime = none && origin !== undefined ? origin.source : asked.lifetime;
    const tail = origin?.position ?? 0;
    const parts = partsOf(contentType, asked.body);
    const id = this.records.insert({
      path,
      content_type: contentType,
      ttl: lifetime.ttl,
      expires_at: lifetime.expires_at,
      deadline: deadlineOf(lifetime, this.#clock.now()),
      tail,
      source: origin?.source.id ?? null,
      source_path: origin?.source.path ?? null,
      fork_position: tail
    });
    if (parts.length > 0) {
      this.#listener?.before(path, tail);
      this.records.extend(id, tail, parts);
    }
    if (asked.closed) {
      this.records.close(id, null);
    }
    return this.find(path);
  }

  #append(stream: StreamRow, asked: Append): Appended {
    const closeOnly = asked.closing && asked.body.length === 0;
    if (asked.body.length === 0 && !asked.closing) {
      refuse(400, 'The body is empty; send bytes, or Stream-Closed: true to close the stream.');
    }
    if (stream.closed === 1) {
      return this.#appendToClosed(stream, asked, closeOnly);
    }
    const parts = closeOnly ? [] : partsFor(stream, asked);
    const admitted = asked.producer && admit(this.#database, stream.id, asked.producer);
    if (admitted?.duplicate === true) {
      this.touch(stream);
      return { stream, duplicate: true, producerSeq: admitted.seq };
    }
    if (asked.seq !== undefined) {
      if (stream.last_seq !== null && asked.seq <= stream.last_seq) {
        refuse(409, 'Stream-Seq must be greater than that of the last append.');
      }
      this.records.setSeq(stream.id, asked.seq);
    }
    if (parts.length > 0) {
      this.#listener?.before(stream.path, stream.tail);
      this.records.extend(stream.id, stream.tail, parts);
    }
    if (asked.closing) {
      this.records.close(stream.id, asked.producer ? JSON.stringify(asked.producer) : null);
    }
    this.touch(stream);
    const now = this.records.byId(stream.id) ?? stream;
    return { stream: now, duplicate: false, producerSeq: admitted?.seq };
  }

  #appendToClosed(stream: StreamRow, { producer }: Append, closeOnly: boolean): Appended {
    const known = producer && stateOf(this.#database, stream.id, producer);
    const closer = producer !== undefined && stream.closed_by === JSON.stringify(producer);
    if (closer || (closeOnly && producer === undefined)) {
      this.touch(stream);
      return { stream, duplicate: true, producerSeq: known?.seq };
    }
    return refuse(409, 'The stream is closed; nothing more can be appended.', {
      'Stream-Closed': 'true',
      'Stream-Next-Offset': formatOffset(stream.tail)
    });
  }
}
