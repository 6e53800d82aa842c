import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { Actor, CellId, Event, Fact } from '../../../schema/index.js';
import { EntryBook } from '../../../src/panels/history/entry-book.js';
import { actorName, assuranceWords } from '../../../src/words/actors.js';
import { actorsIn, isOfKind, isOpen, matches } from '../../../src/words/entry-filter.js';
import { eventAt } from './event-at.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const alice: Actor = { kind: 'human', id: 'alice', name: 'Alice' };
const bob: Actor = { kind: 'human', id: 'bob', name: 'Bob' };
const runtime: Actor = { kind: 'runtime', id: 'colophon-runtime', name: 'Runtime' };
const places = new Map([
  ['a', 1],
  ['b', 3]
] as [CellId, number][]);

/** A fact as an event, ten seconds after the one before. */
function happen(offset: number, actor: Actor, fact: object): Event {
  const at = new Date(Date.UTC(2026, 0, 1, 12) + offset * 10_000).toISOString();
  return { ...eventAt(offset), at, actor, ...(fact as Fact) };
}

const edit = (cellId: string, inserted: string, deleted = '') => ({
  type: 'cell.source-changed',
  data: { cellId, splice: { at: 0, deleted, inserted } }
});

function run(offset: number, cellId: string, outcome?: string, more: object = {}): Event[] {
  const executionId = `run-${offset}`;
  const startedAt = '2026-01-01T12:00:00.000Z';
  const requested = happen(offset, alice, {
    type: 'execution.requested',
    data: { executionId, runId: 'r', cellId, source: '\nx = 1', sourceHash: '', allowError: false }
  });
  const finished = happen(
    offset + 1,
    { ...runtime, onBehalfOf: alice },
    {
      type: 'execution.finished',
      data: {
        executionId,
        cellId,
        outcome,
        executionCount: 1,
        startedAt: outcome === 'cancelled' ? null : startedAt,
        finishedAt: '2026-01-01T12:00:02.100Z',
        ...more
      }
    }
  );
  return outcome === undefined ? [requested] : [requested, finished];
}

const shown = (events: readonly Event[]) => new EntryBook(trans).entries(events, places);

describe('the history in words', () => {
  it('[U5] says a burst of typing once, with what was written and taken away', () => {
    const [entry] = shown([
      happen(1, bob, edit('b', 'import numpy')),
      happen(2, bob, edit('b', 'as np', 'old'))
    ]);
    expect(entry).toMatchObject({ sentence: 'edited cell 3', preview: '+ import numpy' });
    expect(entry?.details).toEqual([
      { label: 'Deleted', text: 'old', look: 'removed' },
      { label: 'Inserted', text: 'import numpy\nas np', look: 'added' }
    ]);
  });

  it('[U5] says when text was only deleted', () => {
    const [entry] = shown([happen(1, bob, edit('a', '', 'x = 1'))]);
    expect(entry).toMatchObject({ sentence: 'deleted text in cell 1', preview: '− x = 1' });
  });

  it.each([
    ['ok', 'ran cell 1 · ok · 2.1 s', 'normal'],
    ['error', 'ran cell 1 · error · 2.1 s', 'problem'],
    ['interrupted', 'ran cell 1 · interrupted · 2.1 s', 'problem'],
    ['cancelled', 'asked to run cell 1 · cancelled', 'quiet'],
    [undefined, 'asked to run cell 1 · waits', 'busy']
  ])('[U5] says how a run ended (%s)', (outcome, sentence, tone) => {
    const [entry] = shown(run(1, 'a', outcome));
    expect(entry).toMatchObject({ sentence, tone, actor: alice, preview: 'x = 1' });
  });

  it('[U5] shows what ran and the error', () => {
    const error = { ename: 'ValueError', evalue: 'no' };
    const [entry] = shown(run(1, 'a', 'error', { error }));
    expect(entry?.preview).toBe('ValueError: no');
    expect(entry?.details).toContainEqual({ label: 'What ran', text: '\nx = 1', look: 'code' });
  });

  it('[U5] says that a cell is gone', () => {
    const [entry] = shown([happen(1, bob, edit('gone', 'x'))]);
    expect(entry?.sentence).toBe('edited a deleted cell');
  });

  it('[U5] keeps the entries that did not change, so that only news are drawn', () => {
    const book = new EntryBook(trans);
    const events = [...run(1, 'a', 'ok'), happen(3, bob, edit('b', 'x'))];
    const before = book.entries(events, places);
    const after = book.entries([...events, happen(4, bob, edit('b', 'y'))], places);
    expect(after[1]).toBe(before[1]);
    expect(after[0]).not.toBe(before[0]);
  });

  it('[U5] is the same however the events were loaded', () => {
    const events = [...run(1, 'a', 'ok'), happen(3, bob, edit('b', 'x')), ...run(4, 'b', 'ok')];
    const book = new EntryBook(trans);
    book.entries(events.slice(3), places);
    book.entries(events.slice(1), places);
    expect(book.entries(events, places)).toEqual(shown(events));
  });
});

describe('narrowing the history', () => {
  const entries = shown([
    ...run(1, 'a', 'ok'),
    happen(3, bob, edit('b', 'x')),
    happen(4, { ...runtime, onBehalfOf: alice }, { type: 'agent.ready', data: { epoch: 1 } })
  ]);
  const chosen = (filter: Parameters<typeof matches>[1]) =>
    entries.filter(entry => matches(entry, filter)).map(entry => entry.kind);

  it('[U6] by actor finds what was done for them as well', () => {
    expect(chosen({ actor: 'human:alice' })).toEqual(['agent', 'run']);
    expect(chosen({ actor: 'human:bob' })).toEqual(['edit']);
  });

  it('[U6] by kind and by cell, together', () => {
    expect(chosen({ kind: 'run' })).toEqual(['run']);
    expect(chosen({ cellId: 'b' as CellId })).toEqual(['edit']);
    expect(chosen({ cellId: 'b' as CellId, kind: 'run' })).toEqual([]);
    expect(chosen({})).toEqual(['agent', 'edit', 'run']);
  });

  it('[U6] offers everybody once', () => {
    expect(actorsIn(entries).map(actor => actor.id)).toEqual(['colophon-runtime', 'alice', 'bob']);
  });
});

describe('routine', () => {
  const system: Actor = { kind: 'system', id: 'save', name: 'Jupyter Server' };
  const entries = shown([
    happen(1, alice, { type: 'notebook.opened', data: { path: 'a.ipynb', epoch: 2 } }),
    happen(2, alice, {
      type: 'notebook.metadata-changed',
      data: { set: { language_info: {} }, removed: [] }
    }),
    happen(3, system, { type: 'notebook.saved', data: { path: 'a.ipynb' } }),
    happen(4, runtime, { type: 'kernel.changed', data: { change: 'attached', kernelId: 'k' } }),
    happen(5, runtime, { type: 'kernel.changed', data: { change: 'died', kernelId: 'k' } }),
    happen(6, { ...system, id: 'disk' }, edit('a', 'x')),
    ...run(7, 'a', 'ok')
  ]);
  const sentences = (choice: Parameters<typeof isOfKind>[1]) =>
    entries.filter(entry => isOfKind(entry, choice)).map(entry => entry.sentence);

  it('[U6] is left out of the main events, and is all there under everything', () => {
    expect(sentences('deeds')).toEqual([
      'ran cell 1 · ok · 2.1 s',
      'edited cell 1',
      'saw the kernel die'
    ]);
    expect(sentences('everything')).toHaveLength(entries.length);
    expect(sentences('notebook')).toContain('saved the notebook');
  });

  it('[U6] choosing it or all is no narrowing', () => {
    expect(isOpen({})).toBe(true);
    expect(isOpen({ kind: 'deeds' })).toBe(true);
    expect(isOpen({ kind: 'everything', actor: 'human:bob' })).toBe(false);
    expect(isOpen({ kind: 'run' })).toBe(false);
  });
});

describe('names', () => {
  it('[U5] names an extension by its package', () => {
    const id = 'extension:jupyter_ai:Persona.write';
    expect(actorName({ kind: 'system', id, name: 'jupyter_ai:Persona.write' }, trans)).toBe(
      'jupyter_ai'
    );
  });
});

describe('assurance', () => {
  it('[U14] is said when there is something to say', () => {
    expect(assuranceWords(alice, 'verified', trans)).toBeUndefined();
    expect(assuranceWords(alice, 'unverified', trans)).toBe('unverified');
    expect(assuranceWords({ ...alice, via: bob }, 'relayed', trans)).toBe('passed on by Bob');
  });
});
