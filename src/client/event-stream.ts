/**
 * Parser of `text/event-stream` (WHATWG HTML, server-sent events), as far as the host uses it: the
 * pieces may be cut anywhere, also inside a line ending; comments count as signs of life only.
 */

/** One message of the stream: its `data` lines joined, and the last `id` seen. */
export interface StreamMessage {
  readonly id: string;
  readonly data: string;
}

export class EventStreamParser {
  private rest = '';
  private data: string[] = [];
  private id = '';

  /** Take the next piece of decoded text; returns the messages that it completes, in order. */
  push(text: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    const all = this.rest + text;
    // A carriage return at the very end may be half of a CRLF: it waits for the next piece.
    const end = all.endsWith('\r') ? all.length - 1 : all.length;
    const lines = all.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? '') + all.slice(end);
    for (const line of lines) {
      const message = this.take(line);
      if (message !== undefined) {
        messages.push(message);
      }
    }
    return messages;
  }

  private take(line: string): StreamMessage | undefined {
    if (line === '') {
      const data = this.data.splice(0);
      return data.length > 0 ? { id: this.id, data: data.join('\n') } : undefined;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      this.data.push(value);
    } else if (field === 'id') {
      this.id = value;
    }
    return undefined;
  }
}
