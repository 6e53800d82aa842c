/** The checker of appends finds every kind of broken history, and lets sound ones pass. */
import { describe, expect, it } from 'vitest';
import { faultsOf, type History, type Operation } from '../integration/append-checker.js';

/** Three writers, one after the other but for b and c, which overlap; b was sent twice. */
const OPERATIONS: readonly Operation[] = [
  { writer: 'w1', key: 'a', invokedAt: 0, completedAt: 1, offset: 1 },
  { writer: 'w2', key: 'b', invokedAt: 2, completedAt: Infinity, offset: null },
  { writer: 'w3', key: 'c', invokedAt: 3, completedAt: 6, offset: 2 },
  { writer: 'w2', key: 'b', invokedAt: 5, completedAt: 7, offset: 3 },
  { writer: 'w1', key: 'd', invokedAt: 8, completedAt: 9, offset: 4, expectedOffset: 4 },
  { writer: 'w1', key: 'e', invokedAt: 8, completedAt: 9, offset: null, refused: true },
  { writer: 'w3', key: 'f', invokedAt: 9, completedAt: Infinity, offset: null }
];
const FINAL = ['a', 'c', 'b', 'd', 'f'].map((key, index) => ({ key, offset: index + 1 }));
const SOUND: History = {
  operations: OPERATIONS,
  readers: [FINAL, FINAL.slice(0, 2)],
  final: FINAL
};

const changed = (key: string, change: Partial<Operation>): History => ({
  ...SOUND,
  operations: OPERATIONS.map(operation =>
    operation.key === key && operation.offset !== null ? { ...operation, ...change } : operation
  )
});

describe('the checker of appends', () => {
  it('[J20] lets a sound history pass', () => {
    expect(faultsOf(SOUND)).toEqual([]);
    expect(faultsOf({ operations: [], readers: [[]], final: [] })).toEqual([]);
  });

  const broken: Record<string, [RegExp, History]> = {
    'a gap': [
      /^dense/,
      { ...SOUND, readers: [], final: FINAL.map(e => ({ ...e, offset: e.offset + 1 })) }
    ],
    'an event that is there twice': [
      /^once/,
      { ...SOUND, final: [...FINAL, { key: 'a', offset: 6 }] }
    ],
    'an acknowledged event that is lost': [
      /^acknowledged: d/,
      { ...SOUND, readers: [], final: FINAL.slice(0, 3) }
    ],
    'an event that nobody sent': [
      /^acknowledged: nobody/,
      { ...SOUND, final: [...FINAL, { key: 'x', offset: 6 }] }
    ],
    'two offsets for one key': [
      /^idempotent/,
      {
        ...SOUND,
        operations: [
          ...OPERATIONS,
          { writer: 'w1', key: 'a', invokedAt: 10, completedAt: 11, offset: 5 }
        ]
      }
    ],
    'an event before one that was acknowledged before it was sent': [
      /^real time/,
      changed('c', { invokedAt: 7.5, completedAt: 8 })
    ],
    'a reader that missed an event': [/^prefix/, { ...SOUND, readers: [FINAL.slice(1)] }],
    'a reader that got an event twice': [
      /^prefix/,
      { ...SOUND, readers: [[...FINAL.slice(0, 2), ...FINAL.slice(1)]] }
    ],
    'a reader that saw what is not there': [
      /^prefix/,
      { ...SOUND, readers: [[...FINAL, { key: 'g', offset: 6 }]] }
    ],
    'an expected offset that was not given': [/^expected/, changed('d', { expectedOffset: 3 })],
    'a refused event that is there': [
      /^refused/,
      { ...SOUND, final: [...FINAL, { key: 'e', offset: 6 }] }
    ]
  };
  for (const [name, [law, history]] of Object.entries(broken)) {
    it(`[J20] finds ${name}`, () => {
      expect(faultsOf(history).some(fault => law.test(fault))).toBe(true);
    });
  }

  it('[J20] checks a long history in little time', () => {
    const count = 200_000;
    const final = Array.from({ length: count }, (_, n) => ({ key: `k${n}`, offset: n + 1 }));
    const operations = final.map(({ key, offset }) => ({
      ...{ writer: 'w', key, offset },
      invokedAt: offset * 2,
      completedAt: offset * 2 + 129
    }));
    const began = performance.now();
    expect(faultsOf({ operations, readers: [final, final], final })).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
