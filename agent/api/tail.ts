/**
 * A live tail of a stream as server-sent events. It holds no queue: what a slow reader has not taken
 * is read again when the socket drains, from what all readers share or from the journal, so a tail
 * costs the same for any reader.
 */
import type { ServerResponse } from 'node:http';
import type { StreamPath } from '../../schema/index.js';
import { JournalUnreachable, type Door } from '../loop/door.js';
import { broadcastOf, type Piece, type Schedule } from './broadcast.js';
import { frameOf } from './history.js';

export interface TailOptions {
  readonly stream: StreamPath;
  /** Send what has a greater offset. */
  readonly after: number;
  /** Whether the reader may still read; asked whenever something is to be sent. The tail ends when not. */
  readonly allowed: () => boolean;
  readonly schedule: Schedule;
}

const HEARTBEAT_MS = 15_000;
const PAGE = 200;

/** Streams events until the reader goes away. Each event is sent once, in order, whatever happens. */
export function sendTail(response: ServerResponse, door: Door, options: TailOptions): void {
  const { stream, schedule, allowed } = options;
  const broadcast = broadcastOf(door.journal, stream, schedule);
  let cursor = options.after;
  let writable = true;
  /** Something came that was not sent. */
  let missed = true;

  const write = (text: string | Buffer) => {
    writable = response.write(text);
  };
  const send = ({ last, bytes }: Piece) => {
    cursor = last;
    write(bytes);
  };
  const readOn = (): boolean => {
    const events = door.journal.read(stream, { after: cursor, limit: PAGE });
    for (const event of events) {
      if (writable) {
        cursor = event.offset;
        write(frameOf(event));
      }
    }
    return events.length === PAGE || !writable;
  };
  const catchUp = () => {
    while (missed && writable && !response.destroyed && !response.writableEnded) {
      if (!allowed()) {
        response.end();
        return;
      }
      const piece = broadcast.behind(cursor);
      if (piece !== undefined) {
        send(piece);
      } else {
        missed = cursor !== broadcast.newest && readOn();
      }
    }
  };
  const goOn = () => {
    try {
      catchUp();
    } catch (error) {
      if (!(error instanceof JournalUnreachable)) {
        throw error;
      }
      // The reader comes back for the rest, and is told then why it cannot be read.
      response.destroy();
    }
  };
  const arrived = (piece: Piece) => {
    if (!allowed()) {
      response.end();
    } else if (writable && piece.first === cursor + 1) {
      send(piece);
    } else if (piece.last > cursor) {
      missed = true;
      goOn();
    }
  };
  const beat = () => {
    if (writable) {
      write(': still here\n\n');
    }
    cancelBeat = schedule(HEARTBEAT_MS, beat);
  };

  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff'
  });
  write(': welcome\n\n');
  let cancelBeat = schedule(HEARTBEAT_MS, beat);
  const leave = broadcast.join({ arrived, ended: () => response.end() });
  response.on('drain', () => {
    writable = true;
    goOn();
  });
  response.on('close', () => {
    leave();
    cancelBeat();
  });
  // A socket that breaks also closes.
  response.on('error', () => undefined);
  goOn();
}
