/**
 * A stream output whose text is kept outside the document: the lines that are settled are handed over
 * once, in order; only the line that can still change stays here, and it is bounded. Of a line that is
 * longer, the beginning is settled, as on a terminal that wraps: a carriage return does not reach it.
 */
import { ARTIFACT_MIME, type Json } from '../../../schema/index.js';
import type { Output } from './output.js';
import { cutAt, weigh } from './output-budget.js';
import { print, type TerminalText } from './terminal-text.js';
import { outsideOutput } from './outside-output.js';

/** What the document does not show, but an agent that goes on needs. */
export interface SpilledMemory {
  readonly upload: string;
  readonly tail: number;
  /** UTF-16 units of the line that can still change; it ends the tail. */
  readonly open: number;
  /** Something was refused: bytes of all of it until then, and why. */
  readonly lost?: { readonly bytes: number; readonly reason: string };
}

/** Settled text that the upload does not have yet. `at`: its place in the upload, in bytes. */
export interface Settled {
  readonly at: number;
  readonly text: string;
}

export class SpilledStream {
  readonly name: string;
  readonly upload: string;
  readonly #limit: number;
  readonly #entries: readonly number[] | undefined;
  #line: TerminalText;
  #bytes = 0;
  #lines = 0;
  /** The end of what is settled; longer than needed. */
  #settledEnd = '';
  #fresh: string[] = [];
  #freshAt = 0;
  #lost: { readonly from: number; readonly reason: string } | undefined;

  private constructor(
    name: string,
    upload: string,
    limit: number,
    line: TerminalText,
    entries?: readonly number[]
  ) {
    this.name = name;
    this.upload = upload;
    this.#limit = limit;
    this.#line = line;
    this.#entries = entries;
  }

  /** Takes over a stream output's text. `limit`: UTF-16 units of tail and of the open line. */
  static of(name: string, screen: TerminalText, upload: string, limit: number): SpilledStream {
    const stream = new SpilledStream(name, upload, limit, screen);
    stream.#settle();
    return stream;
  }

  /** A text that is complete. `limit`: UTF-16 units of its end that are shown; `entries`: its parts. */
  static whole(
    name: string,
    text: string,
    upload: string,
    { limit, entries }: { readonly limit: number; readonly entries: readonly number[] | undefined }
  ): SpilledStream {
    const stream = new SpilledStream(name, upload, limit, { text, cursor: 0 }, entries);
    stream.close();
    return stream;
  }

  /** Goes on from what stands in the document; undefined if that is not this stream. */
  static resume(
    shown: Output | undefined,
    memory: SpilledMemory,
    cursor: number
  ): SpilledStream | undefined {
    const data = (shown?.data ?? {}) as Record<string, Json>;
    const { name, text: link } = (data[ARTIFACT_MIME] ?? {}) as {
      name?: string;
      text?: { upload?: string; bytes: number; lines?: number };
    };
    const plain = data['text/plain'];
    if (name === undefined || link?.upload !== memory.upload || typeof plain !== 'string') {
      return undefined;
    }
    const tail = plain.slice(plain.indexOf('\n') + 1);
    const start = tail.length - memory.open;
    const line = { text: tail.slice(start), cursor };
    const stream = new SpilledStream(name, memory.upload, memory.tail, line);
    stream.#settledEnd = tail.slice(0, start);
    stream.#bytes = memory.lost?.bytes ?? link.bytes;
    stream.#freshAt = stream.#bytes;
    stream.#lost = memory.lost && { from: link.bytes, reason: memory.lost.reason };
    stream.#lines = link.lines ?? 0;
    return stream;
  }

  get cursor(): number {
    return this.#line.cursor;
  }

  memory(): SpilledMemory {
    const lost = this.#lost && { bytes: this.#bytes, reason: this.#lost.reason };
    const open = this.#line.text.length;
    return { upload: this.upload, tail: this.#limit, open, ...(lost && { lost }) };
  }

  take(added: string): void {
    this.#line = print(this.#line, added);
    this.#settle();
  }

  /** The stream is over: all of it is settled. */
  close(): void {
    this.#settle(this.#line.text.length);
  }

  /** What is settled since the last call. */
  drain(): Settled | undefined {
    const text = this.#fresh.join('');
    const at = this.#freshAt;
    this.#fresh = [];
    this.#freshAt = this.#bytes;
    // What follows a gap would stand at the wrong place.
    return text === '' || this.#lost !== undefined ? undefined : { at, text };
  }

  /** The upload has no more than its first `kept` bytes, and takes nothing any more. */
  refused(kept: number, reason: string): void {
    this.#lost ??= { from: kept, reason };
  }

  /** Bytes that the upload has, or will have when what was drained is stored. */
  get kept(): number {
    return this.#lost?.from ?? this.#bytes;
  }

  /** Whether nothing of it was refused. */
  get whole(): boolean {
    return this.#lost === undefined;
  }

  /** How it stands in the document, behind the output with its beginning. */
  output(): Output {
    return outsideOutput({
      ...{ name: this.name, upload: this.upload, bytes: this.#bytes, kept: this.kept },
      ...{ lines: this.#lines, entries: this.#entries, reason: this.#lost?.reason },
      tail: this.#tail()
    });
  }

  /** Begins behind a line end where there is one, and holds all of the line that can still change. */
  #tail(): string {
    const all = this.#settledEnd + this.#line.text;
    const from = all.length - this.#limit;
    if (from <= 0) {
      return all;
    }
    const openFrom = this.#settledEnd.length;
    const lineEnd = all.indexOf('\n', from - 1);
    if (lineEnd >= 0 && lineEnd < openFrom) {
      return all.slice(lineEnd + 1);
    }
    return all.slice(from < openFrom && isLowSurrogate(all, from) ? from + 1 : from);
  }

  #settle(least = 0): void {
    const { text, cursor } = this.#line;
    const tooLong = text.length > this.#limit ? cutAt(text, text.length - this.#limit) : 0;
    const end = Math.max(text.lastIndexOf('\n') + 1, tooLong, least);
    if (end === 0) {
      return;
    }
    const settled = text.slice(0, end);
    this.#line = { text: text.slice(end), cursor: Math.max(0, cursor - end) };
    this.#fresh.push(settled);
    this.#bytes += weigh(settled);
    for (let at = settled.indexOf('\n'); at >= 0; at = settled.indexOf('\n', at + 1)) {
      this.#lines += 1;
    }
    this.#settledEnd += settled;
    if (this.#settledEnd.length > 8 * this.#limit + 4096) {
      this.#settledEnd = this.#settledEnd.slice(-this.#limit - 1);
    }
  }
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
