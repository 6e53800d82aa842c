/** A long text of a kernel's message, as the bytes of a JSON string that come one piece after the other. */
import { LongText } from '../core/outputs/long-text.js';

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** Bytes of \uXXXX. */
const LONGEST_ESCAPE = 6;

export class ReceivedText extends LongText {
  readonly pieces: Uint8Array[] = [];
  bytes = 0;
  /** The beginning of an escape, or of a pair of escapes, that the last piece was cut in. */
  #rest: Buffer = Buffer.alloc(0);

  /** Takes what follows between the quotes; `last`: the closing quote is behind it. */
  add(raw: Buffer, last: boolean): void {
    const escaped = this.#rest.length === 0 ? raw : Buffer.concat([this.#rest, raw]);
    this.#rest = Buffer.alloc(0);
    if (!escaped.includes(BACKSLASH)) {
      this.#keep(escaped);
      return;
    }
    const end = last ? escaped.length : endOfEscapes(escaped);
    this.#rest = escaped.subarray(end);
    // The bytes of a character that is cut are kept as they are: its other bytes are in the next piece.
    const from = firstCharacter(escaped);
    const to = Math.max(from, endOfCharacters(escaped, end));
    this.#keep(escaped.subarray(0, from));
    this.#keep(Buffer.from(JSON.parse(`"${escaped.toString('utf8', from, to)}"`) as string));
    this.#keep(escaped.subarray(to, end));
  }

  beginning(units: number): string {
    return this.#text(units);
  }

  whole(): string {
    return this.#text(Infinity);
  }

  #text(units: number): string {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    for (const piece of this.pieces) {
      if (text.length >= units) {
        return text;
      }
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length > 0) {
      this.pieces.push(bytes);
      this.bytes += bytes.length;
    }
  }
}

/** Where the first whole character begins: what is before belongs to the piece before. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && isContinuation(bytes[at]!)) {
    at += 1;
  }
  return at;
}

/** Where the last character that is whole ends, up to `end`. */
function endOfCharacters(bytes: Buffer, end: number): number {
  let lead = end - 1;
  while (lead > 0 && end - lead < 4 && isContinuation(bytes[lead]!)) {
    lead -= 1;
  }
  const first = bytes[lead] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + length > end ? lead : end;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** The end of the longest start that cuts neither an escape nor a pair of them that is one character. */
function endOfEscapes(bytes: Buffer): number {
  let end = bytes.length;
  for (let begin = lastEscape(bytes, end); begin >= 0; begin = lastEscape(bytes, end)) {
    const escape = bytes.toString('latin1', begin, end);
    const isCut = escape.length < (bytes[begin + 1] === LETTER_U ? LONGEST_ESCAPE : 2);
    if (!isCut && !/^\\u[dD][89abAB]..$/.test(escape)) {
      break;
    }
    end = begin;
  }
  return end;
}

/** Where the escape begins that ends at `end`, or would reach beyond; -1 if there is none. */
function lastEscape(bytes: Buffer, end: number): number {
  for (let at = end - 1; at >= Math.max(0, end - LONGEST_ESCAPE); at -= 1) {
    if (bytes[at] === BACKSLASH) {
      let first = at;
      while (first > 0 && bytes[first - 1] === BACKSLASH) {
        first -= 1;
      }
      // Of a row of backslashes each second one is escaped by the one before.
      return (at - first) % 2 === 0 ? at : at - 1;
    }
  }
  return -1;
}
