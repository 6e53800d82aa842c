/**
 * What all live readers of a stream get, made once for all of them: the events that become durable
 * together are one piece of bytes, and so are those that follow within a moment of a piece. The newest
 * pieces are kept for a while, a limited number of bytes, for readers who were slow for a moment.
 */
import type { Event, StreamPath } from '../../schema/index.js';
import type { Door } from '../loop/door.js';
import { frameOf } from './history.js';

/** Events that follow one another, as they are sent. */
export interface Piece {
  readonly first: number;
  readonly last: number;
  readonly bytes: Buffer;
}

export interface Listener {
  /** There is a new piece. */
  readonly arrived: (piece: Piece) => void;
  /** The stream was removed: nothing more comes. */
  readonly ended: () => void;
}

/** Calls back once, `delay` ms from now; the returned function cancels. */
export type Schedule = (delay: number, callback: () => void) => () => void;

/** How long what follows a piece is gathered: each piece costs the way to the reader. Milliseconds. */
const GATHERED_FOR = 15;
const LARGEST_PIECE = 64 * 1024;
const MOST_KEPT = 1024 * 1024;

/** The streams of a journal that somebody follows. */
const followed = new WeakMap<Door['journal'], Map<StreamPath, Broadcast>>();

/** The broadcast of a stream; it lasts as long as somebody listens. */
export function broadcastOf(
  journal: Door['journal'],
  stream: StreamPath,
  schedule: Schedule
): Broadcast {
  const streams = followed.get(journal) ?? new Map<StreamPath, Broadcast>();
  followed.set(journal, streams);
  const known = streams.get(stream);
  if (known !== undefined) {
    return known;
  }
  const over = (): void => void streams.delete(stream);
  const broadcast = new Broadcast(journal, stream, schedule, over);
  streams.set(stream, broadcast);
  return broadcast;
}

class Broadcast {
  readonly #listeners = new Set<Listener>();
  readonly #unsubscribe: () => void;
  readonly #schedule: Schedule;
  readonly #over: () => void;
  /** Durable, not yet sent. */
  #events: Event[] = [];
  /** Ends the gathering. */
  #cancel: (() => void) | undefined;
  #kept: Piece[] = [];
  #keptBytes = 0;
  #newest: number | undefined;

  constructor(journal: Door['journal'], stream: StreamPath, schedule: Schedule, over: () => void) {
    this.#schedule = schedule;
    this.#over = over;
    this.#unsubscribe = journal.subscribe(
      stream,
      event => this.#take(event),
      () => this.#end()
    );
  }

  /** The returned function ends it, twice safely. */
  join(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) {
        this.#unsubscribe();
        this.#cancel?.();
        this.#over();
      }
    };
  }

  /** The piece that begins right behind this offset, if it is still kept. */
  behind(offset: number): Piece | undefined {
    return this.#kept.find(({ first }) => first === offset + 1);
  }

  /** Offset of the newest event that was sent; undefined while there was none. */
  get newest(): number | undefined {
    return this.#newest;
  }

  #take(event: Event): void {
    if (event.type === 'record.redacted') {
      // What was erased must not be sent any more; what is gathered was to be sent before.
      this.#send();
      this.#kept = [];
      this.#keptBytes = 0;
    }
    if (this.#events.push(event) === 1 && this.#cancel === undefined) {
      queueMicrotask(() => this.#send());
    }
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#events.length === 0) {
      return;
    }
    this.#cancel = this.#schedule(GATHERED_FOR, () => this.#send());
    for (const piece of piecesOf(this.#events.splice(0))) {
      this.#keep(piece);
      this.#newest = piece.last;
      for (const listener of [...this.#listeners]) {
        listener.arrived(piece);
      }
    }
  }

  #keep(piece: Piece): void {
    this.#kept.push(piece);
    this.#keptBytes += piece.bytes.length;
    while (this.#keptBytes > MOST_KEPT) {
      this.#keptBytes -= this.#kept.shift()?.bytes.length ?? 0;
    }
  }

  #end(): void {
    this.#over();
    this.#send();
    this.#cancel?.();
    [...this.#listeners].forEach(listener => listener.ended());
  }
}

function* piecesOf(events: readonly Event[]): Generator<Piece> {
  let text = '';
  let first = 0;
  for (const [index, event] of events.entries()) {
    first ||= event.offset;
    text += frameOf(event);
    if (text.length >= LARGEST_PIECE || index === events.length - 1) {
      yield { first, last: event.offset, bytes: Buffer.from(text, 'utf8') };
      [text, first] = ['', 0];
    }
  }
}
