/** JSONata in its process: what it gives, and that it can neither hang nor reach out. */
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../agent/clock.js';
import { isTrue } from '../../../agent/core/reactions/truth.js';
import { ProcessExpressions } from '../../../agent/expressions/process-expressions.js';
import { ExpressionFailed } from '../../../agent/ports/expressions.js';
import type { EventId, StreamPath } from '../../../schema/index.js';
import { published } from '../../../schema/index.js';
import { EXPRESSION_PROGRAM } from './expression-program.js';

const expressions = new ProcessExpressions({
  program: EXPRESSION_PROGRAM,
  clock: systemClock
});

afterAll(() => expressions.close());

const PAYLOAD: string = '{"n":3,"names":["a","b"],"__proto__":{"own":1},"none":null}';
const event = published({
  id: 'e1' as EventId,
  stream: '/s' as StreamPath,
  offset: 7,
  at: '2026-11-21T08:00:00.000Z',
  actor: { kind: 'human', id: 'ada' },
  assurance: 'verified',
  type: 'event.posted',
  v: 1,
  data: { type: 'said', payload: JSON.parse(PAYLOAD) }
});

const evaluate = (expression: string) => expressions.evaluate(expression, event);
const failure = (expression: string) =>
  evaluate(expression).then(
    value => `gave ${JSON.stringify(value)}`,
    (error: unknown) => (error instanceof ExpressionFailed ? error.message : 'another error')
  );

describe('expressions', () => {
  it('[L1] give JSON, or nothing', async () => {
    expect(await evaluate("type = 'said'")).toBe(true);
    expect(await evaluate('{"sum": payload.n + offset, "all": payload.names}')).toEqual({
      sum: 10,
      all: ['a', 'b']
    });
    expect(await evaluate('payload.none')).toBeNull();
    expect(await evaluate('payload.absent')).toBeUndefined();
    expect(await evaluate('function($x) { $x }')).toBeUndefined();
    expect(await evaluate('{"f": $sum, "g": function($x) { $x }, "n": 1}')).toEqual({ n: 1 });
  });

  it('[L1] cast to true as JSONata does', async () => {
    const values = ['true', 'false', '0', '1', '""', '"x"', 'null', '[]', '[0,""]', '[0,[1]]'];
    for (const value of [...values, '{}', '{"a":0}', '-0.5', '[[]]', '[{}]', '[[0],[{"a":1}]]']) {
      const cast = await evaluate(`$boolean(${value})`);
      expect([value, isTrue(await evaluate(value))]).toEqual([value, cast]);
    }
    expect(isTrue(undefined)).toBe(false);
  });

  it('[L6] say what is wrong, and where', async () => {
    expect(await failure('payload.')).toMatch(/Unexpected end|unexpected end/);
    expect(await failure('1 + "x"')).toMatch(/right side of the "\+" operator.*at character 3/);
    expect(await failure('$error("mine")')).toMatch(/mine/);
    expect(await failure('"x" in')).toMatch(/expression|end/i);
  });

  it('[L7] that never end are ended, and the next is answered', async () => {
    const endless = [
      '($f := function($n) { $f($n + 1) }; $f(0))',
      '($f := function($n) { $f($n) + 1 }; $f(0))',
      '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", /^(a+)+$/)',
      '$sum([1..9000000].([1..9000000]))'
    ];
    const began = performance.now();
    const answers = await Promise.all([...endless.map(failure), evaluate('payload.n')]);
    expect(answers.at(-1)).toBe(3);
    for (const answer of answers.slice(0, -1)) {
      expect(answer).toMatch(/longer than|memory|too deep|Stack overflow|stack/i);
    }
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('[L7] that fill the memory end, and the next is answered', async () => {
    const doubling = '($f := function($s) { $f($s & $s & $string([1..100000])) }; $f("x"))';
    expect(await failure(doubling)).toMatch(/memory|longer|depth|string length/i);
    expect(await failure('[1..9000000].{"a": $string($)}')).toMatch(/memory|longer|more than/);
    expect(await evaluate('payload.n')).toBe(3);
  });

  it('[L7] see the event and nothing else', async () => {
    for (const inner of ['constructor', 'payload.constructor', '__proto__', 'payload.toString']) {
      expect([inner, await evaluate(inner)]).toEqual([inner, undefined]);
    }
    expect(await evaluate('payload.__proto__.constructor')).toBeUndefined();
    const outside = [
      'constructor.constructor("return process")()',
      '$sum.constructor("return process")()',
      '("").constructor.constructor("return 1")()',
      '$lookup($, "constructor")("return 1")',
      '$eval("process.exit(1)")',
      '$eval("$lookup($sum, \\"constructor\\")")',
      '$process',
      '$require("fs")',
      '$globalThis',
      'process.env',
      '$import("fs")'
    ];
    for (const expression of outside) {
      const given = await failure(expression);
      expect([expression, given]).toEqual([
        expression,
        expect.stringMatching(/^gave undefined$|non-function|not a function|Attempted/)
      ]);
    }
    expect(await evaluate('$eval("1 + 2")')).toBe(3);
  });

  it('[L7] leave nothing behind for the next one', async () => {
    const pollute = [
      '$merge([{"__proto__": {"polluted": 1}}])',
      '$ ~> |$|{"__proto__": {"polluted": 1}}|',
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
      '$ ~> |payload|{"toString": 1, "hasOwnProperty": 1}|',
      '($sum := 1; $polluted := 1)'
    ];
    for (const expression of pollute) {
      await failure(expression);
    }
    expect(await evaluate('polluted')).toBeUndefined();
    expect(await evaluate('{}.polluted')).toBeUndefined();
    expect(await evaluate('$polluted')).toBeUndefined();
    expect(await evaluate('$sum([1, 2])')).toBe(3);
    expect(await evaluate('payload.n')).toBe(3);
  });

  it('[L7] that wait are refused when it ends', async () => {
    const other = new ProcessExpressions({
      program: EXPRESSION_PROGRAM,
      clock: systemClock
    });
    const waiting = ['1', '2'].map(text => other.evaluate(text, event).catch(String));
    other.close();
    expect(await Promise.all(waiting)).toEqual(Array(2).fill(expect.stringMatching(/ending/)));
    await expect(other.evaluate('1', event)).rejects.toThrow(/ending/);
  });
});
