import { describe, expect, it } from 'vitest';
import { Gathering } from '../../../src/executor/gathering.js';

describe('gathering runs', () => {
  it('[U1] makes one request of all cells of one gesture, in their order', async () => {
    const performed: [object, readonly string[]][] = [];
    const gathering = new Gathering<object, string>((key, items) => performed.push([key, items]));
    const [mine, other] = [{ name: 'mine' }, { name: 'other' }];
    await Promise.all(
      ['a', 'b', 'c'].map(async cell => {
        gathering.add(mine, cell);
      })
    );
    gathering.add(other, 'x');
    gathering.add(mine, 'd');
    await Promise.resolve();
    expect(performed.filter(([key]) => key === mine).flatMap(([, items]) => items)).toEqual([
      'a',
      'b',
      'c',
      'd'
    ]);
    expect(performed.filter(([key]) => key === other)).toEqual([[other, ['x']]]);
  });

  it('[U1] keeps two gestures apart', () => {
    const performed: (readonly string[])[] = [];
    const turns: (() => void)[] = [];
    const gathering = new Gathering<object, string>(
      (_, items) => performed.push(items),
      callback => turns.push(callback)
    );
    const notebook = {};
    gathering.add(notebook, 'a');
    gathering.add(notebook, 'b');
    turns.shift()?.();
    gathering.add(notebook, 'c');
    turns.shift()?.();
    expect(performed).toEqual([['a', 'b'], ['c']]);
  });
});
