import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffNotebook } from '../../../agent/core/notebook/diff.js';
import { evolveNotebook } from '../../../agent/core/notebook/evolve.js';
import { longestIncrease } from '../../../agent/core/notebook/moves.js';
import { applySplice, splicesBetween } from '../../../agent/core/notebook/splice.js';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import type { NotebookState } from '../../../agent/core/notebook/state.js';
import { Fact } from '../../../schema/index.js';
import { anyFact } from './arbitrary-facts.js';
import { change, notebook } from './arbitrary-notebooks.js';

const fold = (state: NotebookState, facts: readonly Fact[]): NotebookState =>
  facts.reduce(evolveNotebook, state);

const pairs = fc.oneof(change, fc.tuple(notebook, notebook));

describe('the mirror law', () => {
  it('[M1] gives facts that lead from any notebook to any other', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(fold(before, diffNotebook(before, after))).toEqual(after);
      }),
      { numRuns: 4000 }
    );
  });

  it('[M1] gives facts that lead from nothing to any notebook', () => {
    fc.assert(
      fc.property(notebook, after => {
        expect(fold(EMPTY_NOTEBOOK, diffNotebook(EMPTY_NOTEBOOK, after))).toEqual(after);
      }),
      { numRuns: 1000 }
    );
  });

  it('[M2] gives no fact for equal notebooks', () => {
    fc.assert(
      fc.property(notebook, state => {
        expect(diffNotebook(state, structuredClone(state))).toEqual([]);
      }),
      { numRuns: 2000 }
    );
  });

  it('[M1] states facts that survive the journal unchanged', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const facts = diffNotebook(before, after);
        const read = facts.map(fact => Fact.parse(JSON.parse(JSON.stringify(fact))));
        expect(read).toEqual(facts);
      }),
      { numRuns: 1000 }
    );
  });

  it('[M3] folds a stream to the same notebook, whole or in parts', () => {
    fc.assert(
      fc.property(fc.array(notebook, { maxLength: 4 }), fc.nat(), (states, cut) => {
        const steps = states.map((state, at) =>
          diffNotebook(states[at - 1] ?? EMPTY_NOTEBOOK, state)
        );
        const facts = steps.flat();
        const at = facts.length === 0 ? 0 : cut % facts.length;
        const whole = fold(EMPTY_NOTEBOOK, facts);
        expect(fold(fold(EMPTY_NOTEBOOK, facts.slice(0, at)), facts.slice(at))).toEqual(whole);
        expect(whole).toEqual(states.at(-1) ?? EMPTY_NOTEBOOK);
      }),
      { numRuns: 500 }
    );
  });

  it('[M3] folds every fact, also about cells that are not there', () => {
    fc.assert(
      fc.property(notebook, fc.array(anyFact, { maxLength: 8 }), (state, facts) => {
        const folded = fold(state, facts);
        const ids = folded.cells.map(cell => cell.cellId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 2000 }
    );
  });
});

describe('few moves', () => {
  it('[M4] says of one moved cell that it moved, and of no other', () => {
    fc.assert(
      fc.property(
        notebook.filter(state => state.cells.length > 1),
        fc.nat(),
        fc.nat(),
        (before, from, to) => {
          const cells = [...before.cells];
          const [moved] = cells.splice(from % cells.length, 1);
          cells.splice(to % (cells.length + 1), 0, ...(moved === undefined ? [] : [moved]));
          const facts = diffNotebook(before, { ...before, cells });
          expect(facts.length).toBeLessThanOrEqual(1);
          expect(facts.every(fact => fact.type === 'cell.moved')).toBe(true);
        }
      ),
      { numRuns: 1000 }
    );
  });

  it('[M4] finds a longest increase', () => {
    expect([...longestIncrease([3, 0, 1, 2, 4])].sort()).toEqual([1, 2, 3, 4]);
    expect(longestIncrease([])).toEqual(new Set());
    expect(longestIncrease([5, 4, 3]).size).toBe(1);
  });
});

describe('a change of source', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '\n', '😀', '😁', '🨀'), maxLength: 20 });

  it('[M5] is splices that never cut a character in two', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const splices = splicesBetween(before, after);
        expect(splices.reduce(applySplice, before)).toBe(after);
        expect(splices.every(({ deleted }) => deleted.isWellFormed())).toBe(true);
        expect(splices.every(({ inserted }) => inserted.isWellFormed())).toBe(true);
        expect(splices.length === 0).toBe(before === after);
      }),
      { numRuns: 10000 }
    );
  });

  it('[M5] is as small as can be', () => {
    expect(splicesBetween('import os', 'import sys')).toEqual([
      { at: 7, deleted: 'o', inserted: 'sy' }
    ]);
    expect(splicesBetween('aa', 'aaa')).toEqual([{ at: 2, deleted: '', inserted: 'a' }]);
    expect(splicesBetween('😀', '🨀')).toEqual([{ at: 0, deleted: '😀', inserted: '🨀' }]);
    expect(splicesBetween('😀', '😁')).toEqual([{ at: 0, deleted: '😀', inserted: '😁' }]);
  });

  it('[M5] leaves alone what stands between two changed places', () => {
    const middle = 'a line that somebody else wrote\n';
    expect(splicesBetween(`x\n${middle}y`, `x = 1\n${middle}y = 2`)).toEqual([
      { at: 1, deleted: '', inserted: ' = 1' },
      { at: 7 + middle.length, deleted: '', inserted: ' = 2' }
    ]);
  });

  it('[M5] is one splice where several would be dear to find', () => {
    const before = 'ab'.repeat(3000);
    expect(splicesBetween(`x${before}x`, `y${before.toUpperCase()}y`)).toHaveLength(1);
  });
});
