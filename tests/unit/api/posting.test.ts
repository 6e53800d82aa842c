/** What is made of the body of a post: nothing that was sent is lost or altered without a word. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPosting } from '../../../agent/api/posting.js';
import { readPost } from '../../../agent/loop/post-draft.js';
import { Post, type JsonObject } from '../../../schema/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const stored = (text: string) => readPost(readPosting(bytes(text)));

/** What is kept of it, and why it is no event. */
function invalid(body: Uint8Array): JsonObject {
  const post = readPost(readPosting(body));
  expect(post.type).toBe('invalid-event-appended');
  return post.payload ?? {};
}

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('the body of a post', () => {
  it('[S4] is kept as text if a number in it would change', () => {
    for (const number of ['12345678901234567890', '-9007199254740993', '1e400', '-1e999']) {
      const text = `{"type": "n", "payload": {"same": 1, "id": ${number}}}`;
      const { rawInput, error } = invalid(bytes(text));
      expect(rawInput).toBe(text);
      expect(error).toContain(`The number ${number} cannot be kept exactly`);
    }
    const kept = '{"n":[9007199254740991,9007199254740992,1e20,0.1,-1.5e-7,100000000000000000000]}';
    const event = stored(
      `{"type": "n", "payload": ${kept}, "idempotencyKey": "12345678901234567890"}`
    );
    expect(event.payload).toEqual(JSON.parse(kept));
    expect(event.idempotencyKey).toBe('12345678901234567890');
  });

  it('[S4] is kept as text if it is nested too deep to be written and read again', () => {
    for (const levels of [501, 5_000, 1_000_000]) {
      const { rawInput, error } = invalid(bytes(nested(levels)));
      expect([(rawInput as string).length, error]).toEqual([
        ...[2 * levels, 'The body is nested deeper than 500 levels.']
      ]);
    }
    expect(invalid(bytes(nested(500)))['rawInput']).toEqual(JSON.parse(nested(500)));
    const event = stored(`{"type": "deep", "payload": {"a": ${nested(498)}}}`);
    expect(event.type).toBe('deep');
  });

  it('[S4] is kept as base64 if it is no text', () => {
    const sent = Uint8Array.of(0, 255, 254, 128, 97);
    const { rawInput, error } = invalid(sent);
    expect(Buffer.from(rawInput as string, 'base64')).toEqual(Buffer.from(sent));
    expect(error).toContain('base64');
  });

  it('[S4] says what is wrong with what is no JSON, and passes over a byte order mark', () => {
    expect(invalid(bytes(''))['error']).toContain('no JSON');
    expect(invalid(bytes('a=1&b=2'))).toMatchObject({ rawInput: 'a=1&b=2' });
    expect(stored('\uFEFF{"type": "marked"}').type).toBe('marked');
  });

  it('[S4] gives a post, whatever it is, that holds all of it', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json({ maxDepth: 6 }).map(bytes),
      fc.string({ unit: 'binary' }).map(bytes),
      fc
        .object({ withNullPrototype: true })
        .map(object => bytes(JSON.stringify({ type: 'x', payload: object }))),
      fc.bigInt().map(number => bytes(`{"type": "x", "payload": {"n": ${number}}}`))
    );
    fc.assert(
      fc.property(hostile, body => {
        const post = Post.parse(readPost(readPosting(body)));
        const { rawInput } = post.payload ?? {};
        if (typeof rawInput === 'string') {
          const text = new TextDecoder().decode(body);
          const whole = [text, text.trim(), Buffer.from(body).toString('base64')];
          expect([...whole, safely(text)]).toContain(rawInput);
        }
      }),
      { numRuns: 500, seed: 7 }
    );
  });
});

function safely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
