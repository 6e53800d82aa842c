import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CellRuns } from '../../../agent/peer/cell-runs.js';
import { readMark } from '../../../agent/peer/shared-notebook.js';
import type { IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import type { CellId } from '../../../schema/index.js';

describe('what comes after the end of a run', () => {
  it('[R31] goes into its cell, beside the run that goes on, and leaves the mark alone', () => {
    const { doc, runs, text } = room();
    finish(runs, 'a', 'first');
    const second = runs.open('b' as CellId);
    second.begin(mark('second', 5));
    runs.takeLate(message('first', 'stream', { name: 'stdout', text: 'late\n' }));
    runs.takeLate(message('second', 'stream', { name: 'stdout', text: 'its own\n' }));
    expect([text('a'), text('b')]).toEqual(['late\n', '']);
    expect(readMark(doc)).toMatchObject({ executionId: 'second', seq: 5 });
  });

  it('[R31] is left out once the cell is run again', () => {
    const { runs, text } = room();
    finish(runs, 'a', 'first');
    finish(runs, 'a', 'again');
    runs.takeLate(message('first', 'stream', { name: 'stdout', text: 'late\n' }));
    expect(text('a')).toBe('');
  });

  it('[Z10] is not taken again by an agent that goes on with the run, as its end is not known yet', () => {
    const { doc, runs, text } = room();
    finish(runs, 'a', 'first');
    const { seq } = readMark(doc) ?? { seq: 0 };
    const late = message('first', 'stream', { name: 'stdout', text: 'late\n' });
    runs.takeLate(late, { tap: mark('first', 0).tap, seq: seq + 3 });
    expect(text('a')).toBe('late\n');
    expect(readMark(doc)).toMatchObject({ executionId: 'first', seq: seq + 3 });
  });

  it.each([
    ['the agent that ran the cell', false],
    ['an agent that takes over', true]
  ])(
    '[Z11] updates a display that still stands where others were cleared, by %s',
    (_, takesOver) => {
      const { doc, runs } = room();
      const run = runs.open('a' as CellId);
      run.begin(mark('first', 0));
      const id = { transient: { display_id: 'd' }, metadata: {} };
      const print = message('first', 'stream', { name: 'stdout', text: 'cleared' });
      const display = { ...id, data: { 'text/plain': 'old' } };
      run.take([print, message('first', 'display_data', display)], mark('first', 1));
      doc.getArray<Y.Map<Y.Array<unknown>>>('cells').get(0).get('outputs')?.delete(0, 1);
      const now = takesOver ? new CellRuns(doc).open('a' as CellId) : run;
      if (takesOver) {
        now.resume();
      }
      const update = { ...id, data: { 'text/plain': 'new' } };
      now.take([message('first', 'update_display_data', update)], mark('first', 2));
      expect(outputsOf(doc, 'a')).toEqual([
        { output_type: 'display_data', data: { 'text/plain': 'new' }, metadata: {} }
      ]);
    }
  );

  it('[R32] updates the display where it stands, whichever cell asks', () => {
    const { doc, runs } = room();
    const shows = runs.open('a' as CellId);
    shows.begin(mark('first', 0));
    const id = { transient: { display_id: 'd' }, metadata: {} };
    const old = { ...id, data: { 'text/plain': 'old' } };
    shows.take([message('first', 'display_data', old)], mark('first', 1));
    shows.end(mark('first', 2));
    runs.open('b' as CellId).begin(mark('second', 3));
    const update = { ...id, data: { 'text/plain': 'new' } };
    runs.takeLate(message('second', 'update_display_data', update));
    expect(outputsOf(doc, 'a')).toEqual([
      { output_type: 'display_data', data: { 'text/plain': 'new' }, metadata: {} }
    ]);
    expect(outputsOf(doc, 'b')).toEqual([]);
  });
});

function room(): { doc: Y.Doc; runs: CellRuns; text: (cellId: string) => string } {
  const doc = new Y.Doc();
  doc.getArray('cells').insert(
    0,
    ['a', 'b'].map(
      id =>
        new Y.Map<unknown>([
          ['id', id],
          ['cell_type', 'code'],
          ['metadata', new Y.Map()],
          ['outputs', new Y.Array()]
        ])
    )
  );
  const text = (cellId: string): string =>
    outputsOf(doc, cellId)
      .map(output => output.text)
      .join('');
  return { doc, runs: new CellRuns(doc), text };
}

function outputsOf(doc: Y.Doc, cellId: string): { text?: string }[] {
  const cells = doc.getArray<Y.Map<unknown>>('cells').toArray();
  const outputs = cells.find(cell => cell.get('id') === cellId)?.get('outputs');
  return (outputs as Y.Array<unknown>).toJSON() as { text?: string }[];
}

function finish(runs: CellRuns, cellId: string, executionId: string): void {
  const run = runs.open(cellId as CellId);
  run.begin(mark(executionId, 0));
  run.end(mark(executionId, 1));
}

function mark(executionId: string, seq: number): RunMark {
  const progress = { timing: {}, executionCount: null, error: null };
  return { executionId, kernelId: 'kernel', tap: 'tap', seq, progress };
}

function message(
  parent: string,
  type: string,
  content: Readonly<Record<string, unknown>>
): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: type },
    parent_header: { msg_id: parent },
    metadata: {},
    content
  };
}
