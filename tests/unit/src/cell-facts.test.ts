import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { ActorIdentity } from '../../../schema/index.js';
import { type CellFacts, footerLine, whyEnded } from '../../../src/words/cell-facts.js';
import { agoWords, durationWords } from '../../../src/words/time.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const alice: ActorIdentity = { kind: 'human', id: 'alice', name: 'Alice' };
const bob: ActorIdentity = { kind: 'human', id: 'bob', name: 'Bob' };
const now = new Date(2026, 0, 1, 12, 3).getTime();
const line = (facts: CellFacts) => footerLine(facts, now, trans);

describe('the line below a cell', () => {
  it('[U4] says who ran it, when, for how long, and who changed it', () => {
    const { tone, parts } = line({
      run: {
        phase: 'finished',
        by: alice,
        outcome: 'ok',
        finishedAt: now,
        startedAt: now - 2_100,
        reason: null
      },
      change: { by: bob, at: now - 60_000 }
    });
    expect(tone).toBe('quiet');
    expect(parts[0]).toBe('Ran by Alice');
    expect(parts[1]).toMatch(/12:03/);
    expect(parts.slice(2)).toEqual(['2.1 s', 'edited by Bob']);
  });

  it.each([
    [1, 'Waits, next in line'],
    [2, 'Waits, 2nd in line'],
    [12, 'Waits, 12th in line'],
    [21, 'Waits, 21st in line'],
    [113, 'Waits, 113th in line']
  ])('[U4] says the place in line (%i)', (place, words) => {
    expect(line({ run: { phase: 'waiting', by: alice, place } }).parts[0]).toBe(words);
  });

  it('[U4] ticks in whole seconds while it runs', () => {
    const run = { phase: 'running', by: alice, startedAt: now - 7_900 } as const;
    expect(line({ run })).toEqual({ tone: 'busy', parts: ['Running for Alice', '7 s so far'] });
  });

  it('[U4] says that it failed, and why', () => {
    const run = {
      phase: 'finished',
      by: alice,
      outcome: 'error',
      finishedAt: now,
      startedAt: now - 50,
      reason: 'ValueError'
    } as const;
    const { tone, parts } = line({ run });
    expect(tone).toBe('problem');
    expect(parts).toContain('ValueError');
    expect(parts).toContain('50 ms');
  });

  it('[C26] names the limit that a run reached', () => {
    const limit = 'The run reached its limit of time: 1 s are allowed, it took 1.2 s.';
    const error = { ename: 'LimitReached', evalue: limit };
    expect(whyEnded({ error, reason: limit })).toBe(limit);
    const lost = `${limit} The kernel died while the cell ran.`;
    expect(whyEnded({ error, reason: lost })).toBe(lost);
    const interrupt = { ename: 'KeyboardInterrupt', evalue: '' };
    expect(whyEnded({ error: interrupt, reason: 'The run was interrupted.' })).toBe(
      'KeyboardInterrupt'
    );
    expect(whyEnded({ reason: 'The kernel was restarted.' })).toBe('The kernel was restarted.');
    expect(whyEnded({ error: null, reason: null })).toBeNull();
  });

  it('[U4] is empty for a cell that nobody touched', () => {
    expect(line({}).parts).toEqual([]);
  });

  it('[U2] says why a run was refused, before everything else', () => {
    const { tone, parts } = line({ refused: 'The cell has changed.', change: { by: bob, at: 0 } });
    expect({ tone, parts }).toEqual({ tone: 'problem', parts: ['Not run: The cell has changed.'] });
  });
});

describe('times in words', () => {
  it.each([
    [12, '12 ms'],
    [2_100, '2.1 s'],
    [48_400, '48 s'],
    [59_700, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [7_440_000, '2 h 4 min']
  ])('[U4] %i ms is %s', (span, words) => {
    expect(durationWords(span, trans)).toBe(words);
  });

  it.each([
    [10_000, 'just now'],
    [300_000, '5 min ago'],
    [3_590_000, '1 h ago'],
    [7_300_000, '2 h ago'],
    [90_000_000, 'yesterday']
  ])('[U5] %i ms ago is %s', (ago, words) => {
    expect(agoWords(now - ago, now, trans)).toBe(words);
  });
});
