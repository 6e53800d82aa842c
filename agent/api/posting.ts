/**
 * What the body of a post says. Nothing that was sent is lost or altered without a word: what cannot be
 * kept exactly as JSON is kept as text, and what is no text as base64, in an `invalid-event-appended`.
 */
import { Json, MOST_LEVELS } from '../../schema/index.js';
import { invalidEvent } from '../loop/post-draft.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON value in the body; of bytes that hold none, or none to be kept exactly, the post that says so. */
export function readPosting(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    const error = 'The body is no UTF-8 text: rawInput is its base64.';
    return invalidEvent(Buffer.from(bytes).toString('base64'), error);
  }
  const read = readJson(text);
  return 'flaw' in read ? invalidEvent(text, read.flaw) : read.value;
}

/** The JSON value that a text holds, or why it is none that can be kept exactly. */
export function readJson(text: string): { readonly value: Json } | { readonly flaw: string } {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (error) {
    return { flaw: `The body is no JSON: ${reasonOf(error)}` };
  }
  const number = inexactNumber(text);
  if (number !== undefined) {
    return { flaw: `The number ${number} cannot be kept exactly. Send it as a string.` };
  }
  const parsed = Json.safeParse(value);
  return parsed.success
    ? { value: parsed.data }
    : { flaw: `The body is nested deeper than ${MOST_LEVELS} levels.` };
}

/** What the parser says, without its copy of a long text. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : String(error);
}

/**
 * The first number of a JSON text that is not the one that JSON.parse gives: a whole one beyond 2^53
 * that loses digits, or one beyond all bounds. Fractions are rounded, as everywhere.
 */
function inexactNumber(text: string): string | undefined {
  // Only a long number, or one with an exponent, can be one of them.
  if (!/\d{16}|\d[eE]/.test(text)) {
    return undefined;
  }
  let found: string | undefined;
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? '';
    if (found === undefined && typeof value === 'number' && !isKept(value, source)) {
      found = source.slice(0, 100);
    }
    return null;
  });
  return found;
}

function isKept(value: number, source: string): boolean {
  return (
    Number.isFinite(value) && (!/^-?\d{16,}$/.test(source) || BigInt(source) === BigInt(value))
  );
}
