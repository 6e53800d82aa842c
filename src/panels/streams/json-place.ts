/**
 * Where a text stops being JSON. Browsers say it in different words, or not at all, so it is found
 * here; what is JSON is decided by JSON.parse alone.
 */

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

/** The first place that cannot stand there, from 1; the end of the text if something is missing. */
export interface JsonPlace {
  readonly line: number;
  readonly column: number;
  /** What stands there; empty at the end. */
  readonly found: string;
}

/** The place where this text, which JSON.parse refused, stops being JSON. */
export function jsonPlace(text: string): JsonPlace {
  const reader = new Reader(text);
  if (reader.value()) {
    reader.skip(SPACE);
  }
  const before = text.slice(0, reader.at).split('\n');
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    found: /^(?:\w+|.)/.exec(text.slice(reader.at))?.[0] ?? ''
  };
}

/** Reads on as long as it is JSON; each method says whether it was, and stands where it was not. */
class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  value(): boolean {
    this.skip(SPACE);
    switch (this.text[this.at]) {
      case '{':
        return this.members('}', () => this.key() && this.value());
      case '[':
        return this.members(']', () => this.value());
      default:
        return this.skip(STRING) || this.skip(WORD);
    }
  }

  skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    this.at += match?.[0].length ?? 0;
    return match !== null;
  }

  private key(): boolean {
    this.skip(SPACE);
    return this.skip(STRING) && this.sign(':');
  }

  private members(end: string, member: () => boolean): boolean {
    this.at += 1;
    if (this.sign(end)) {
      return true;
    }
    do {
      if (!member()) {
        return false;
      }
    } while (this.sign(','));
    return this.sign(end);
  }

  private sign(sign: string): boolean {
    this.skip(SPACE);
    const is = this.text[this.at] === sign;
    this.at += is ? 1 : 0;
    return is;
  }
}
