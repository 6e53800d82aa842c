/**
 * What can be done with streams, free of HTTP. It guarantees that a change is one transaction, on
 * the disk before the call returns, with its producer's state and its subscriptions' links in it;
 * and that watchers are told after that, never before, also of what came by other doors.
 */
import type { DatabaseSync } from 'node:sqlite';
import { fileIdOf, type Draft, type Event } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import { asNow, type Caller, type Gatekeeper } from './caller.js';
import { partsOf, type Part } from './content.js';
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
import { eventsOf } from './messages.js';
import { pathOf, streamOf } from './paths.js';
import { admit, stateOf } from './producers.js';
import { StreamRecords, type Range, type StreamJournal } from './records.js';
import { refuse } from './refusal.js';
import { GONE, type StreamRow } from './stream-row.js';
import { Watchers } from './watchers.js';

/** Streams that nobody used for too long go by themselves. */
const EXPIRY: Caller = { actor: { kind: 'system', id: 'expiry', name: 'Expiry' } };

export class Streams {
  readonly watchers = new Watchers();
  readonly records: StreamRecords;
  readonly #database: DatabaseSync;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #gatekeeper: Gatekeeper;
  readonly #unwatch: () => void;
  #listener: AppendListener | undefined;

  constructor(options: {
    readonly database: DatabaseSync;
    readonly journal: StreamJournal;
    readonly clock: Pick<Clock, 'now'>;
    readonly gatekeeper: Gatekeeper;
  }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#gatekeeper = options.gatekeeper;
    this.records = new StreamRecords(options.database, options.journal);
    this.#unwatch = options.journal.watch(event => this.#appended(event));
    // An earlier host may have ended after the journal removed a stream and before this was noted.
    this.records.orphans().forEach(path => this.#gone(path));
  }

  /** Tells nobody any more. */
  close(): void {
    this.#unwatch();
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
  create(path: string, asked: Creation, by: Caller): { stream: StreamRow; created: boolean } {
    const caller = asNow(by);
    const existing = this.#live(path);
    if (existing !== undefined) {
      return { stream: matching(existing, asked), created: false };
    }
    refuseNotebook(path);
    if (asked.fork !== undefined) {
      // What has expired goes in a transaction of its own.
      this.#live(asked.fork.path);
    }
    const stream = this.records.atomically(() => this.#insert(path, asked, caller));
    return { stream, created: true };
  }

  /** Appends, closes, or both. */
  append(path: string, asked: Append, by: Caller): Appended {
    const caller = asNow(by);
    const before = this.find(path);
    refuseNotebook(path);
    return this.records.atomically(() => this.#append(before, asked, caller));
  }

  /** Deletes the stream; its bytes stay while forks need them. */
  delete(path: string, by: Caller): void {
    const caller = asNow(by);
    const stream = this.find(path);
    refuseNotebook(path);
    this.#remove(stream, caller);
    this.watchers.tell(stream.path);
  }

  #live(path: string): StreamRow | undefined {
    const stream = this.records.byPath(path);
    if (stream === undefined || stream.deleted !== 0) {
      return stream;
    }
    if (stream.deadline === null || stream.deadline > this.#clock.now()) {
      return stream;
    }
    this.#remove(stream, EXPIRY);
    return this.records.byPath(path);
  }

  /** Hides the stream while forks need its bytes; sources that waited for it go too. */
  #remove(stream: StreamRow, caller: Caller): void {
    if (this.records.isForked(stream.id)) {
      this.records.hide(stream.id);
      return;
    }
    // First what cannot be told from a stream of the journal, should this be interrupted.
    if (stream.deleted !== GONE) {
      this.#gatekeeper.remove(streamOf(stream.path), caller);
    }
    this.records.atomically(() => this.records.forget(stream.id));
    const source = stream.source === null ? undefined : this.records.byId(stream.source);
    if (source !== undefined && source.deleted !== 0) {
      this.#remove(source, caller);
    }
  }

  /** The journal has the stream no more, whichever door it went by. */
  #gone(path: string): void {
    const stream = this.records.known(path);
    if (stream === undefined) {
      return;
    }
    if (this.records.isForked(stream.id)) {
      this.records.lose(stream.id);
    } else {
      this.records.forget(stream.id);
    }
    this.watchers.tell(stream.path);
  }

  /** Tells of an event, whichever door it came by. */
  #appended(event: Event): void {
    if (event.type === 'stream.deleted') {
      [event.data.path, ...event.data.children].forEach(stream => this.#gone(pathOf(stream)));
      return;
    }
    if (event.type === 'message.appended' && event.data.more === true) {
      return;
    }
    const path = pathOf(event.stream);
    this.watchers.tell(path);
    // Most events are of streams that nobody follows by the protocol; for those no row is read.
    const stream = this.#listener?.follows() === true ? this.records.byPath(path) : undefined;
    if (stream !== undefined) {
      if (event.type !== 'message.appended') {
        this.#listener?.before(path, Math.max(0, stream.tail - 1));
      }
      this.#listener?.after(path);
    }
  }

  /** Appends what the gate lets in, and what follows from that. */
  #extend(stream: StreamRow, contentType: string, parts: Part[], caller: Caller): void {
    const at = new Date(this.#clock.now()).toISOString();
    this.#admit(stream, eventsOf(contentType, parts, caller, at), parts);
  }

  #admit(stream: StreamRow, drafts: readonly Draft[], parts: readonly Part[]): void {
    const admitted = this.#gatekeeper.admit(streamOf(stream.path), drafts);
    if ('code' in admitted) {
      refuse(admitted.code === 'forbidden' ? 403 : 409, admitted.detail);
    }
    this.records.extend(stream, admitted, parts);
  }

  #close(stream: StreamRow, by: string | null, { actor, entitlement }: Caller): void {
    const closed: Draft = {
      ...{ actor, assurance: 'verified', type: 'stream.closed', v: 1, data: {} },
      ...(entitlement !== undefined && { entitlement }),
      at: new Date(this.#clock.now()).toISOString()
    };
    this.#admit(stream, [closed], []);
    this.records.close(stream.id, by);
  }

  #insert(path: string, asked: Creation, caller: Caller): StreamRow {
    const origin =
      asked.fork &&
      originOf(this.records, this.#live(asked.fork.path), asked.fork, asked.contentType);
    const contentType =
      asked.contentType ?? origin?.source.content_type ?? 'application/octet-stream';
    const none = asked.lifetime.ttl === null && asked.lifetime.expires_at === null;
    const lifetime = none && origin !== undefined ? origin.source : asked.lifetime;
    const tail = origin?.position ?? 0;
    const parts = partsOf(contentType, asked.body);
    this.records.insert({
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
    this.records.begin(streamOf(path), caller.actor);
    if (parts.length > 0) {
      this.#listener?.before(path, tail);
      this.#extend(this.find(path), contentType, parts, caller);
    }
    if (asked.closed) {
      this.#close(this.find(path), null, caller);
    }
    return this.find(path);
  }

  #append(stream: StreamRow, asked: Append, caller: Caller): Appended {
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
      this.#extend(stream, stream.content_type, parts, caller);
    }
    if (asked.closing) {
      const by = asked.producer ? JSON.stringify(asked.producer) : null;
      this.#close(stream, by, caller);
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

/** A notebook's stream can be read and forked; its facts are stated by Colophon alone. */
function refuseNotebook(path: string): void {
  if (fileIdOf(streamOf(path)) !== undefined) {
    refuse(403, 'The stream of a notebook follows the notebook; post to it at api/streams.');
  }
}
