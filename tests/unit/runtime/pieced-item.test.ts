import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../agent/core/json.js';
import { LongText } from '../../../agent/core/outputs/long-text.js';
import { PiecedItem } from '../../../agent/kernel/pieced-item.js';

/** What is hard to cut: escapes, pairs of them, characters of several bytes, lone surrogates. */
const unit = fc.constantFrom(
  ...['a', '"', '\\', '\n', 'é', '€', '😀', '\ud83d', '\ude00', '\u0000', 'u', 'd83d', '\\u00e9']
);
const text = fc.array(unit, { maxLength: 60 }).map(units => units.join(''));
/** JSON.parse of Node 24 mistakes a key with an escape for another one that it has seen at its place. */
const key = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '€', '😀'), maxLength: 20 });
const display = fc.record({
  seq: fc.nat(),
  header: fc.record({ msg_type: fc.constantFrom('display_data', 'execute_result', 'stream') }),
  metadata: fc.dictionary(key, text),
  content: fc.record({ data: fc.dictionary(key, fc.oneof(text, fc.json(), fc.array(text))) })
});

/** As kernels write it: Python's with UTF-8 in it, others with escapes alone. */
function jsonOf(value: unknown, escaped: boolean): Buffer {
  const json = JSON.stringify(value);
  const plain = /[\u0080-\uffff]/g;
  return Buffer.from(
    escaped
      ? json.replace(plain, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : json
  );
}

function itemOf(json: Buffer, cuts: readonly number[], long: number): unknown {
  const item = new PiecedItem(long);
  const places = [0, ...cuts.map(cut => cut % json.length), json.length].sort((a, b) => a - b);
  places.forEach((from, index) => item.add(json.subarray(from, places[index + 1])));
  return item.end();
}

describe('an item of the tap in pieces', () => {
  it('[F26] is what its JSON says, wherever it is cut, and whatever counts as long', () => {
    fc.assert(
      fc.property(
        display,
        fc.boolean(),
        fc.array(fc.nat(5000), { maxLength: 8 }),
        fc.integer({ min: 1, max: 80 }),
        (value, escaped, cuts, long) => {
          const json = jsonOf(value, escaped);
          const item = itemOf(json, cuts, long);
          const whole = JSON.parse(JSON.stringify(item)) as unknown;
          expect(wellFormed(whole)).toEqual(wellFormed(JSON.parse(json.toString())));
        }
      ),
      { numRuns: 3000 }
    );
  });

  it('[F26] a long text of a display is there as its bytes and its beginning, others as strings', () => {
    const html = 'é"\n😀'.repeat(1000);
    const message = {
      header: { msg_type: 'display_data' },
      content: { data: { 'text/html': html, 'text/plain': 'short' }, transient: { more: html } }
    };
    const { content } = itemOf(jsonOf(message, false), [100, 4001, 4002], 500) as typeof message;
    const given: unknown = content.data['text/html'];
    expect(given).toBeInstanceOf(LongText);
    const long = given as LongText;
    expect(Buffer.concat([...long.pieces]).toString()).toBe(html);
    expect(long.bytes).toBe(Buffer.byteLength(html));
    expect(html.startsWith(long.beginning(10))).toBe(true);
    expect(long.beginning(10).length).toBeGreaterThanOrEqual(10);
    expect(long.whole()).toBe(html);
    expect(content.data['text/plain']).toBe('short');
    expect(content.transient.more).toBe(html);
  });
});

/** The value with what is no character replaced, as in UTF-8. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.toWellFormed();
  }
  if (Array.isArray(value)) {
    return value.map(wellFormed);
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, wellFormed(each)]))
    : value;
}
