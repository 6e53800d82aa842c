/**
 * A stream over a websocket: its history, then what happens, and appending on the same connection.
 * Each event is sent once, in order. It holds no queue: what a slow reader has not taken is read from
 * the journal again when the connection drains, and while it does not drain nothing of it is read.
 */
import type { WebSocket } from 'ws';
import type { Event, StreamPath } from '../../schema/index.js';
import { published } from '../../schema/index.js';
import { JournalUnreachable, type Door, type Principal } from '../loop/door.js';
import { answerFrame, type FrameOut } from './socket-frames.js';
import type { TailOptions } from './tail.js';

export interface SocketOptions {
  readonly stream: StreamPath;
  readonly principal: Principal;
  /** Send what has a greater offset. */
  readonly after: number;
  /** Whether the reader may still read; the connection ends with 4403 when not. */
  readonly allowed: () => boolean;
  readonly schedule: TailOptions['schedule'];
}

const PING_MS = 15_000;
/** Events that are read at once, at most; fewer when they are large, so that few are read in vain. */
const LARGEST_PAGE = 128;
/** So many bytes may wait for the reader. */
const HIGH_WATER = 1 << 20;
/** So many frames of the reader may wait for their answer. */
const MOST_WAITING = 64;
const FORBIDDEN = 4403;
const REMOVED = 4410;
const TRY_AGAIN = 1013;

export class StreamSocket {
  readonly #socket: WebSocket;
  readonly #door: Door;
  readonly #options: SocketOptions;
  readonly #unsubscribe: () => void;
  #cursor: number;
  #page = 8;
  /** Something was not sent because the reader had not taken what came before. */
  #behind = false;
  #waiting = 0;
  #line: Promise<void> = Promise.resolve();
  #answered = true;
  #cancelPing: () => void = () => undefined;

  /** Begins to send; ends by itself when the connection does. */
  constructor(socket: WebSocket, door: Door, options: SocketOptions) {
    this.#socket = socket;
    this.#door = door;
    this.#options = options;
    this.#cursor = options.after;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#hear(isBinary ? '' : data.toString('utf8'));
    });
    socket.on('pong', () => (this.#answered = true));
    // A connection that breaks also closes.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    this.#unsubscribe = door.journal.subscribe(
      options.stream,
      event => this.#arrived(event),
      () => socket.close(REMOVED, 'the stream was removed')
    );
    this.#ping();
    this.#catchUp();
  }

  #end(): void {
    this.#unsubscribe();
    this.#cancelPing();
  }

  /** Whoever has not answered the last ping is gone. */
  #ping(): void {
    if (!this.#answered) {
      this.#socket.terminate();
      return;
    }
    this.#answered = false;
    this.#socket.ping();
    this.#cancelPing = this.#options.schedule(PING_MS, () => this.#ping());
  }

  #arrived(event: Event): void {
    if (event.offset === this.#cursor + 1 && this.#mayRead() && this.#drained()) {
      this.#sendEvent(event);
    } else if (event.offset > this.#cursor) {
      this.#catchUp();
    }
  }

  #catchUp(): void {
    try {
      this.#sendPages();
    } catch (error) {
      if (!(error instanceof JournalUnreachable)) {
        throw error;
      }
      this.#socket.close(TRY_AGAIN, error.rejection.code);
    }
  }

  #sendPages(): void {
    const { stream } = this.#options;
    while (this.#drained() && this.#mayRead()) {
      const events = this.#door.journal.read(stream, { after: this.#cursor, limit: this.#page });
      const sent = this.#sendEvents(events);
      this.#behind = sent < events.length;
      if (!this.#behind && sent < this.#page) {
        return;
      }
      this.#page = Math.min(LARGEST_PAGE, Math.max(1, sent * 2));
    }
    this.#behind = true;
  }

  /** How many of them the reader had room for. */
  #sendEvents(events: readonly Event[]): number {
    for (const [sent, event] of events.entries()) {
      if (!this.#drained()) {
        return sent;
      }
      this.#sendEvent(event);
    }
    return events.length;
  }

  #mayRead(): boolean {
    const allowed = this.#options.allowed();
    if (!allowed) {
      this.#socket.close(FORBIDDEN, 'you may not read this stream any more');
    }
    return allowed;
  }

  #drained(): boolean {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    return readyState === OPEN && bufferedAmount < HIGH_WATER;
  }

  #sendEvent(event: Event): void {
    this.#cursor = event.offset;
    this.#send({ type: 'event', event: published(event) });
  }

  #send(frame: FrameOut): void {
    const full = !this.#drained();
    this.#socket.send(JSON.stringify(frame), () => this.#sent());
    if (full) {
      this.#socket.pause();
    }
  }

  /** The reader has taken something. */
  #sent(): void {
    if (this.#drained()) {
      this.#listen();
      if (this.#behind) {
        this.#catchUp();
      }
    }
  }

  #listen(): void {
    if (this.#socket.isPaused && this.#waiting < MOST_WAITING && this.#drained()) {
      this.#socket.resume();
    }
  }

  /** One frame after the other, so that what one reader appends keeps its order. */
  #hear(text: string): void {
    this.#waiting += 1;
    if (this.#waiting >= MOST_WAITING) {
      this.#socket.pause();
    }
    this.#line = this.#line
      .then(() => answerFrame(text, this.#door, this.#options))
      .then(frame => {
        if (frame !== null) {
          this.#send(frame);
        }
        this.#waiting -= 1;
        this.#listen();
      });
  }
}
