/**
 * Server-sent events of a stream: after every data event comes a control event that says where the
 * reader then is. A connection ends after a minute, or once a closed stream has been sent whole.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mayStill, type Caller } from './caller.js';
import { isText, joined } from './content.js';
import { nextCursor } from './cursors.js';
import type { DurableStreams } from './durable-streams.js';
import { formatOffset } from './offsets.js';
import type { StreamRow } from './stream-row.js';

const EVENT_BYTES = 256 * 1024;
const CONNECTION_MS = 60_000;

/** Sends the stream from the position on, and what is appended while the connection lasts. */
export function sendEvents(
  context: DurableStreams,
  caller: Caller,
  stream: StreamRow,
  from: number,
  cursor: string | null,
  response: ServerResponse
): void {
  const encoding = isText(stream.content_type) ? {} : { 'Stream-SSE-Data-Encoding': 'base64' };
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    ...encoding
  });
  const reader = new EventReader(context, caller, stream, from, cursor, response);
  const unwatch = context.streams.watchers.add(stream.path, () => void reader.advance());
  const cancel = context.clock.after(CONNECTION_MS, () => response.end());
  response.on('close', () => {
    unwatch();
    cancel();
  });
  void reader.advance();
}

class EventReader {
  #position: number;
  #told = false;
  #advancing = false;
  #again = false;
  #cursor: string | null;

  constructor(
    private readonly context: DurableStreams,
    private readonly caller: Caller,
    private readonly stream: StreamRow,
    from: number,
    cursor: string | null,
    private readonly response: ServerResponse
  ) {
    this.#position = from;
    this.#cursor = cursor;
  }

  /** Sends all that is new; a call while one runs makes it look once more. */
  async advance(): Promise<void> {
    this.#again = true;
    if (this.#advancing) {
      return;
    }
    this.#advancing = true;
    while (this.#again && !this.response.writableEnded && !this.response.destroyed) {
      this.#again = false;
      await this.#sendNew();
    }
    this.#advancing = false;
  }

  async #sendNew(): Promise<void> {
    const stream = this.context.streams.records.byId(this.stream.id);
    if (stream === undefined || stream.deleted !== 0 || !mayStill(this.caller)) {
      this.response.end();
      return;
    }
    const { rows, end } = this.context.streams.read(stream, this.#position, EVENT_BYTES);
    const closed = stream.closed === 1 && end >= stream.tail;
    if (end === this.#position && this.#told && !closed) {
      return;
    }
    const data = end > this.#position ? dataEvent(stream.content_type, rows) : '';
    this.#position = end;
    this.#told = true;
    this.#again ||= end < stream.tail;
    const flowing = this.response.write(data + this.#control(end, end >= stream.tail, closed));
    if (closed) {
      this.response.end();
    } else if (!flowing) {
      const gone = new AbortController();
      const abort = () => gone.abort();
      this.response.once('close', abort);
      await once(this.response, 'drain', { signal: gone.signal }).catch(() => undefined);
      this.response.off('close', abort);
    }
  }

  #control(end: number, upToDate: boolean, closed: boolean): string {
    if (!closed) {
      this.#cursor = nextCursor(this.#cursor, this.context.clock, this.context.ids);
    }
    const control = {
      streamNextOffset: formatOffset(end),
      ...(!closed && { streamCursor: this.#cursor }),
      ...(upToDate && { upToDate: true }),
      ...(closed && { streamClosed: true })
    };
    return `event: control\ndata:${JSON.stringify(control)}\n\n`;
  }
}

function dataEvent(contentType: string, rows: readonly Uint8Array[]): string {
  const bytes = joined(contentType, rows);
  const text = bytes.toString(isText(contentType) ? 'utf8' : 'base64');
  const lines = text
    .split(/\r\n|\r|\n/)
    .map(line => `data:${line.startsWith(' ') ? ' ' : ''}${line}\n`);
  return `event: data\n${lines.join('')}\n`;
}
