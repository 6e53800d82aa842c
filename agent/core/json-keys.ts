/**
 * JSON.parse without a fault of V8 12.8 to 14.6 at least, which reads some keys with an escape as
 * another key that it has met: after `{"a":1,"\\":1}`, `{"a":1,"\"":2}` comes as `{"a":1,"\\":2}`.
 * docs/upstream.md says what would make this needless.
 */

/** A quote that may end a key. */
const KEY_END = /"[\t\n\r ]*:/g;
/** Begins what stands for such a key; a text that has it itself gets a longer one. */
const STAND_IN = '\ue000';

export type Parse = (text: string, reviver?: Parameters<typeof JSON.parse>[1]) => unknown;

/** The same with `parse`, which may have that fault. Keys that a reviver is given may be wrong. */
export function withEveryKey(parse: Parse): Parse {
  return (given, reviver) => {
    const text = String(given);
    if (reviver !== undefined || !text.includes('\\')) {
      return parse(text, reviver);
    }
    const keys = escapedKeys(text);
    return keys.length === 0 ? parse(text) : parseWithStandIns(parse, text, keys);
  };
}

/** Whether `parse` has the fault. */
export function confusesKeys(parse: Parse): boolean {
  parse(String.raw`{"json-keys":1,"\\":1}`);
  return !Object.hasOwn(parse(String.raw`{"json-keys":1,"\"":1}`) as object, '"');
}

/** Start and end of the keys with an escape, between their quotes. */
function escapedKeys(text: string): [number, number][] {
  const keys: [number, number][] = [];
  for (const { index } of text.matchAll(KEY_END)) {
    if (isEscaped(text, index)) {
      continue;
    }
    let start = text.lastIndexOf('"', index - 1);
    while (start > 0 && isEscaped(text, start)) {
      start = text.lastIndexOf('"', start - 1);
    }
    if (start >= 0 && text.slice(start + 1, index).includes('\\')) {
      keys.push([start + 1, index]);
    }
  }
  return keys;
}

function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (first > 0 && text[first - 1] === '\\') {
    first -= 1;
  }
  return (index - first) % 2 === 1;
}

function parseWithStandIns(parse: Parse, text: string, keys: [number, number][]): unknown {
  let standIn = STAND_IN;
  while (text.includes(standIn)) {
    standIn += STAND_IN;
  }
  const whole = parse(text);
  const named = new Map<string, string>();
  const pieces: string[] = [];
  let end = 0;
  for (const [start, stop] of keys) {
    const name = `${standIn}${named.size}`;
    named.set(name, parse(`"${text.slice(start, stop)}"`) as string);
    pieces.push(text.slice(end, start), name);
    end = stop;
  }
  pieces.push(text.slice(end));
  try {
    return parse(pieces.join(''), (_key, value: unknown) => renamed(value, named));
  } catch {
    // Nested deeper than a reviver can go.
    return whole;
  }
}

function renamed(value: unknown, named: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const entries = Object.entries(value);
  return entries.some(([key]) => named.has(key))
    ? Object.fromEntries(entries.map(([key, each]) => [named.get(key) ?? key, each as unknown]))
    : value;
}
