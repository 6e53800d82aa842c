/** When the server is told what is durable. */
import { describe, expect, it } from 'vitest';
import { Acknowledgements } from '../../../agent/loop/acknowledgements.js';
import type { ToServer } from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';

function acknowledging() {
  const clock = new CrankedClock();
  const told: ToServer[] = [];
  const acknowledgements = new Acknowledgements(clock, message => told.push(message));
  const take = async (tap: string, n: number) => {
    const durable = Promise.withResolvers<void>();
    acknowledgements.when(durable.promise, tap, n);
    return async () => {
      durable.resolve();
      await durable.promise;
    };
  };
  return { clock, told, acknowledgements, take };
}

describe('acknowledgements', () => {
  it('[PT1] nothing is acknowledged before it is durable; then at once, and what follows a little later together', async () => {
    const { clock, told, take } = acknowledging();
    const first = await take('a', 1);
    expect(told).toEqual([]);
    await first();
    expect(told).toEqual([{ type: 'ack', tap: 'a', n: 1 }]);
    const kept = [await take('a', 2), await take('b', 7), await take('a', 3)];
    for (const become of kept) {
      await become();
    }
    const unkept = await take('a', 4);
    expect(told).toHaveLength(1);
    clock.pass(250);
    expect(told.slice(1)).toEqual([
      { type: 'ack', tap: 'a', n: 3 },
      { type: 'ack', tap: 'b', n: 7 }
    ]);
    await unkept();
    clock.pass(250);
    expect(told.slice(3)).toEqual([{ type: 'ack', tap: 'a', n: 4 }]);
  });

  it('[PT1] at the end of the host nothing is held back', async () => {
    const { told, acknowledgements, take } = acknowledging();
    await (
      await take('a', 1)
    )();
    await (
      await take('a', 2)
    )();
    const last = await take('a', 3);
    acknowledgements.end();
    expect(told).toEqual([1, 2].map(n => ({ type: 'ack', tap: 'a', n })));
    await last();
    expect(told.at(-1)).toEqual({ type: 'ack', tap: 'a', n: 3 });
  });
});
