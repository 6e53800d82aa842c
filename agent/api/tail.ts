/**
 * A live tail of a stream as server-sent events. It holds no queue: what a slow reader has not taken
 * is read from the journal again when the socket drains, so a tail costs the same for any reader.
 */
import type { ServerResponse } from 'node:http';
import type { Event, StreamPath } from '../../schema/index.js';
import { frameOf } from './history.js';
import type { Door } from '../loop/door.js';

export interface TailOptions {
  readonly stream: StreamPath;
  /** Send what has a greater offset. */
  readonly after: number;
  /** Calls back once, `delay` ms from now; the returned function cancels. */
  readonly schedule: (delay: number, callback: () => void) => () => void;
}

const HEARTBEAT_MS = 15_000;
const PAGE = 200;

/** Streams events until the reader goes away. Each event is sent once, in order, whatever happens. */
export function sendTail(response: ServerResponse, door: Door, options: TailOptions): void {
  const { stream, schedule } = options;
  let cursor = options.after;
  let writable = true;

  const write = (text: string) => {
    writable = response.write(text);
  };
  const send = (event: Event) => {
    cursor = event.offset;
    write(frameOf(event));
  };
  const catchUp = () => {
    while (writable && !response.destroyed) {
      const events = door.journal.read(stream, { after: cursor, limit: PAGE });
      for (const event of events) {
        if (writable) {
          send(event);
        }
      }
      if (events.length < PAGE) {
        return;
      }
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
  const end = door.journal.subscribe(stream, event => {
    if (writable && event.offset === cursor + 1) {
      send(event);
    } else if (writable && event.offset > cursor) {
      catchUp();
    }
  });
  response.on('drain', () => {
    writable = true;
    catchUp();
  });
  response.on('close', () => {
    end();
    cancelBeat();
  });
  // A socket that breaks also closes.
  response.on('error', () => undefined);
  catchUp();
}
