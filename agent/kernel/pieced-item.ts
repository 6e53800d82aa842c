/**
 * An item of the tap that comes in pieces, as the bytes of its JSON. Guarantees: it is the item that
 * JSON.parse would make of all of them, but that long texts in a display's data are LongText; those are
 * never one string here, and nothing is held twice.
 */
import { LongText } from '../core/outputs/long-text.js';
import { ReceivedText } from './received-text.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Bytes of a string in JSON from which on it is long. */
const LONG = 1 << 20;
/** Bytes that are looked at one by one, which is faster for what is near. */
const NEAR = 64;

const DISPLAYS = new Set(['display_data', 'execute_result', 'update_display_data']);

type Container = Record<string, unknown>;

/** Where bytes stand in a piece; what was found far away is not searched for again. */
class Search {
  readonly bytes: Buffer;
  readonly #found = new Map<number, number>();

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The first place of `byte` at or behind `from`, which only grows; -1 if there is none. */
  next(byte: number, from: number): number {
    const known = this.#found.get(byte);
    if (known !== undefined && (known < 0 || known >= from)) {
      return known;
    }
    const near = Math.min(this.bytes.length, from + NEAR);
    for (let at = from; at < near; at += 1) {
      if (this.bytes[at] === byte) {
        return at;
      }
    }
    const found = this.bytes.indexOf(byte, near);
    this.#found.set(byte, found);
    return found;
  }
}

/** Behind the escape at `from` and those that follow it closely; beyond `end` if the last one is. */
function behindEscapes(bytes: Buffer, from: number, end: number): number {
  let at = from;
  for (let last = from; at < end && at - last < NEAR; at += 1) {
    if (bytes[at] === BACKSLASH) {
      at += 1;
      last = at;
    }
  }
  return at;
}

export class PiecedItem {
  readonly #long: number;
  /** The JSON without long strings: a mark stands for each. */
  readonly #rest: Buffer[] = [];
  readonly #marks = new Map<string, ReceivedText>();
  readonly #nonce = crypto.randomUUID();
  /** Bytes of the string that goes on, as long as it is not long. */
  #open: Buffer[] | undefined;
  #openSize = 0;
  /** The long string that goes on. */
  #text: ReceivedText | undefined;
  /** The last piece ended with a backslash that escapes what follows. */
  #escapes = false;

  constructor(long = LONG) {
    this.#long = long;
  }

  /** Takes the next bytes; they are kept, not copied. */
  add(bytes: Buffer): void {
    if (bytes.length === 0) {
      return;
    }
    const search = new Search(bytes);
    let from = 0;
    let at = 0;
    if (this.#open !== undefined || this.#text !== undefined) {
      const end = this.#endOfString(search, 0);
      this.#goOn(bytes.subarray(0, end < 0 ? bytes.length : end), end >= 0);
      if (end < 0) {
        return;
      }
      from = end;
      at = end + 1;
    }
    for (let quote = search.next(QUOTE, at); quote >= 0; quote = search.next(QUOTE, at)) {
      const end = this.#endOfString(search, quote + 1);
      if (end >= 0 && end - quote < this.#long) {
        at = end + 1;
        continue;
      }
      this.#rest.push(bytes.subarray(from, quote + 1));
      this.#open = [];
      this.#openSize = 0;
      this.#goOn(bytes.subarray(quote + 1, end < 0 ? bytes.length : end), end >= 0);
      if (end < 0) {
        return;
      }
      from = end;
      at = end + 1;
    }
    this.#rest.push(bytes.subarray(from));
  }

  /** The item, once all of it has come. */
  end(): unknown {
    const item = JSON.parse(Buffer.concat(this.#rest).toString()) as unknown;
    if (this.#marks.size > 0) {
      this.#restore(item);
    }
    return item;
  }

  /** More of the string that is open, without its quotes. */
  #goOn(bytes: Buffer, last: boolean): void {
    if (this.#text === undefined && this.#openSize + bytes.length >= this.#long) {
      this.#text = new ReceivedText();
      this.#open?.forEach(each => this.#text?.add(each, false));
      this.#open = undefined;
    }
    if (this.#text !== undefined) {
      this.#text.add(bytes, last);
    } else {
      this.#open?.push(bytes);
      this.#openSize += bytes.length;
    }
    if (last && this.#text !== undefined) {
      const mark = `${this.#nonce}:${this.#marks.size}`;
      this.#marks.set(mark, this.#text);
      this.#rest.push(Buffer.from(mark));
    } else if (last) {
      this.#rest.push(...(this.#open ?? []));
    }
    if (last) {
      this.#open = undefined;
      this.#text = undefined;
    }
  }

  /** Where the quote stands that ends the string which goes on at `from`; -1 if it is not in here. */
  #endOfString(search: Search, from: number): number {
    const { bytes } = search;
    let at = from + (this.#escapes ? 1 : 0);
    for (;;) {
      const quote = search.next(QUOTE, at);
      const backslash = search.next(BACKSLASH, at);
      if (backslash < 0 || (quote >= 0 && quote < backslash)) {
        this.#escapes = false;
        return quote;
      }
      at = behindEscapes(bytes, backslash, quote < 0 ? bytes.length : quote);
      if (at >= bytes.length) {
        this.#escapes = at > bytes.length;
        return -1;
      }
    }
  }

  /** Puts the long texts where their marks stand: as they are in a display's data, elsewhere as strings. */
  #restore(item: unknown): void {
    const { header, content } = item as { header?: Container; content?: Container };
    const isDisplay = DISPLAYS.has(header?.['msg_type'] as string);
    const data = isDisplay ? content?.['data'] : undefined;
    const found: unknown[] = [item];
    for (let each = found.pop(); each !== undefined; each = found.pop()) {
      const container = each as Container;
      for (const [key, value] of Object.entries(container)) {
        const text = typeof value === 'string' ? this.#marks.get(value) : undefined;
        if (text !== undefined) {
          container[key] = each === data ? text : text.whole();
        } else if (typeof value === 'object' && value !== null && !(value instanceof LongText)) {
          found.push(value);
        }
        const name = this.#marks.get(key);
        if (name !== undefined) {
          container[name.whole()] = container[key];
          delete container[key];
        }
      }
    }
  }
}
