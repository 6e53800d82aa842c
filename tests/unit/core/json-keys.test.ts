/** JSON whose keys V8 confuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusesKeys, withEveryKey } from '../../../agent/core/json-keys.js';

const parse = withEveryKey(JSON.parse);

describe('JSON.parse', () => {
  it('[S13] takes no key for another that it has met', () => {
    for (const [met, text, key] of [
      [String.raw`{"a":1,"\\":1}`, String.raw`{"a":1,"\"":2}`, '"'],
      [String.raw`{"b":1,"\\":1}`, String.raw`{"b":1,"\n" : 2}`, '\n'],
      [String.raw`{"c":1,"x\\":1}`, String.raw`{"c":1,"x\u0041":2}`, 'xA'],
      [String.raw`{"d":1,"\\":1}`, String.raw`[{"d":1,"\"":{"d":1,"\t":2}}]`, '"']
    ] as const) {
      parse(met);
      const [found] = [parse(text)].flat() as object[];
      expect(Object.keys(found!)).toEqual([Object.keys(found!)[0], key]);
    }
  });

  it('[S13] gives what JSON has, whatever keys and texts are like', () => {
    const word = fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\u2028', '\ue000', 'a', ':', '{', ' ', '0'),
      maxLength: 5
    });
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(word, fc.integer(), fc.constant(null)),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(word, fc.constant('__proto__')), tie('value'), { maxKeys: 4 })
      )
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (given, space) => {
        const text = JSON.stringify(given, undefined, space);
        expect(JSON.stringify(parse(text), undefined, space)).toBe(text);
      }),
      { numRuns: 2000, seed: 13 }
    );
  });

  it('[S13] says what is wrong with what is no JSON, and nests as deep', () => {
    for (const text of [String.raw`{"\q":1}`, String.raw`{"\"":}`, String.raw`"\":`, '{"a\\":1']) {
      expect(() => parse(text)).toThrow(SyntaxError);
    }
    const deep = `${'['.repeat(100_000)}{"\\n":1}${']'.repeat(100_000)}`;
    expect(parse(deep)).toHaveLength(1);
  });

  it('[S13] is left alone where it has no such fault', () => {
    const keys: unknown[] = [];
    expect(confusesKeys((text, reviver) => (keys.push(text), parse(text, reviver)))).toBe(false);
    expect(keys).toHaveLength(2);
  });
});
