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
  /** Whether the reader may still read; asked before each event. The tail ends when not. */
  readonly allowed: () => boolean;
  /** Calls back once, `delay` ms from now; the returned function cancels. */
  readonly schedule: (delay: number, callback: () => void) => () => void;
}

const HEARTBEAT_MS = 15_000;
const PAGE = 200;

/** The frames of events that several readers get: made once. */
const frames = new WeakMap<Event, Buffer>();

function sharedFrame(event: Event): Buffer {
  const known = frames.get(event);
  if (known !== undefined) {
    return known;
  }
  const frame = Buffer.from(frameOf(event), 'utf8');
  frames.set(event, frame);
  return frame;
}

/** Streams events until the reader goes away. Each event is sent once, in order, whatever happens. */
export function sendTail(response: ServerResponse, door: Door, options: TailOptions): void {
  const { stream, schedule, allowed } = options;
  let cursor = options.after;
  let writable = true;

  const write = (text: string | Buffer) => {
    writable = response.write(text);
  };
  const send = (event: Event, frame: string | Buffer) => {
    cursor = event.offset;
    write(frame);
  };
  const catchUp = () => {
    while (writable && !response.destroyed && !response.writableEnded) {
      if (!allowed()) {
        response.end();
        return;
      }
      const events = door.journal.read(stream, { after: cursor, limit: PAGE });
      for (const event of events) {
        if (writable) {
          send(event, frameOf(event));
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
  const arrived = (event: Event) => {
    if (!allowed()) {
      response.end();
    } else if (writable && event.offset === cursor + 1) {
      send(event, sharedFrame(event));
    } else if (writable && event.offset > cursor) {
      catchUp();
    }
  };
  const end = door.journal.subscribe(stream, arrived, () => response.end());
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
