import { YNotebook } from '@jupyter/ydoc';
import type * as nbformat from '@jupyterlab/nbformat';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { SharedCellRun } from '../../../agent/peer/cell-run.js';
import { readMark } from '../../../agent/peer/shared-notebook.js';
import type { IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import { batches, messages } from './arbitrary-messages.js';
import { referenceOutputs } from './reference.js';
import { ViewOfOutputs } from './view-of-outputs.js';

function mark(seq: number): RunMark {
  return {
    executionId: 'run',
    kernelId: 'kernel',
    tap: 'tap',
    seq,
    progress: { timing: {}, executionCount: null, error: null }
  };
}

/** A shared code cell as jupyter_ydoc makes it. */
function codeCell(outputs: Y.Map<unknown>[]): Y.Map<unknown> {
  return new Y.Map<unknown>([
    ['id', 'c'],
    ['cell_type', 'code'],
    ['source', new Y.Text()],
    ['metadata', new Y.Map()],
    ['execution_count', null],
    ['execution_state', 'idle'],
    ['outputs', Y.Array.from(outputs)]
  ]);
}

/** A room with one cell, and a second peer that follows it live. */
function room(): { doc: Y.Doc; seen: YNotebook; outputs: () => nbformat.IOutput[] } {
  const doc = new Y.Doc();
  doc.getArray('cells').insert(0, [codeCell([])]);
  const seen = new YNotebook();
  Y.applyUpdate(seen.ydoc, Y.encodeStateAsUpdate(doc));
  doc.on('update', (update: Uint8Array) => Y.applyUpdate(seen.ydoc, update));
  return {
    doc,
    seen,
    outputs: () => (seen.getCell(0).toJSON() as nbformat.ICodeCell).outputs
  };
}

const empty = [{ output_type: 'stream', name: 'stdout', text: '' }];
/** nbformat allows an empty stream; so do we. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? empty));

describe('outputs of a run', () => {
  it('[R14] are the same however the messages are batched', () => {
    fc.assert(
      fc.property(batches, groups => {
        const { doc, outputs } = room();
        const run = new SharedCellRun(doc, 'c');
        run.begin(mark(0));
        groups.forEach((group, index) => run.take(group, mark(index + 1)));
        expect(plain(outputs())).toEqual(plain(wellFormed(referenceOutputs(groups.flat()))));
      }),
      { numRuns: 300 }
    );
  });

  it('[R15] keep to the contract of the view: a live page shows what the document holds', () => {
    fc.assert(
      fc.property(batches, groups => {
        const { doc, seen, outputs } = room();
        const view = new ViewOfOutputs(seen);
        const run = new SharedCellRun(doc, 'c');
        run.begin(mark(0));
        groups.forEach((group, index) => run.take(group, mark(index + 1)));
        expect(plain(view.outputs)).toEqual(plain(outputs()));
      }),
      { numRuns: 300 }
    );
  });

  it('[R15] are right in a live page when a cleared stream begins anew behind a display', () => {
    const { doc, seen, outputs } = room();
    const view = new ViewOfOutputs(seen);
    const run = new SharedCellRun(doc, 'c');
    const says = (msg_type: string, content: IopubMessage['content']): IopubMessage => ({
      header: { msg_id: 'm', msg_type },
      parent_header: { msg_id: 'run' },
      metadata: {},
      content
    });
    const display = says('display_data', { data: { 'text/plain': 'p' }, metadata: {} });
    const out = says('stream', { name: 'stdout', text: 'out' });
    const err = says('stream', { name: 'stderr', text: 'err' });
    const clear = says('clear_output', { wait: false });
    run.begin(mark(0));
    run.take([display, out, err], mark(1));
    run.take([clear, display, err], mark(2));
    expect(view.outputs).toEqual(outputs());
    run.take([clear, display], mark(3));
    run.take([err], mark(4));
    expect(view.outputs).toEqual(outputs());
    expect(outputs()).toMatchObject([{ output_type: 'display_data' }, { text: 'err' }]);
    run.take([clear, err, out], mark(5));
    run.take([clear, err], mark(6));
    run.take([err, out], mark(7));
    expect(view.outputs).toEqual(outputs());
    expect(outputs()).toMatchObject([{ text: 'errerr' }, { text: 'out' }]);
  });

  it('[R23] are right in a page that was away while the cell was run, run again, or both', () => {
    fc.assert(
      fc.property(batches, batches, fc.nat(), fc.nat(), (earlier, later, leaves, returns) => {
        const doc = new Y.Doc();
        doc.getArray('cells').insert(0, [codeCell([])]);
        const seen = new YNotebook();
        Y.applyUpdate(seen.ydoc, Y.encodeStateAsUpdate(doc));
        const view = new ViewOfOutputs(seen);
        const updates: Uint8Array[] = [];
        doc.on('update', (update: Uint8Array) => updates.push(update));
        for (const groups of [earlier, later]) {
          const run = new SharedCellRun(doc, 'c');
          run.begin(mark(0));
          groups.forEach((group, index) => run.take(group, mark(index + 1)));
        }
        const from = leaves % (updates.length + 1);
        const to = from + (returns % (updates.length - from + 1));
        updates.slice(0, from).forEach(update => Y.applyUpdate(seen.ydoc, update));
        if (to > from) {
          Y.applyUpdate(seen.ydoc, Y.mergeUpdates(updates.slice(from, to)));
        }
        updates.slice(to).forEach(update => Y.applyUpdate(seen.ydoc, update));
        const shared = (seen.getCell(0).toJSON() as nbformat.ICodeCell).outputs;
        expect(plain(view.outputs)).toEqual(plain(shared));
      }),
      { numRuns: 500 }
    );
  });

  it('[R16] go on exactly where an earlier agent stopped, between any two messages', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (all, cut) => {
        const at = all.length === 0 ? 0 : cut % (all.length + 1);
        const { doc, outputs } = room();
        const first = new SharedCellRun(doc, 'c');
        first.begin(mark(0));
        first.take(all.slice(0, at), mark(at));
        const second = new SharedCellRun(doc, 'c');
        second.resume();
        expect(readMark(doc)?.seq).toBe(at);
        second.take(all.slice(at), mark(all.length));
        expect(plain(outputs())).toEqual(plain(wellFormed(referenceOutputs(all))));
      }),
      { numRuns: 300 }
    );
  });

  it('[R17] follow the cell when somebody moves it in the middle', () => {
    const { doc, outputs } = room();
    const run = new SharedCellRun(doc, 'c');
    run.begin(mark(0));
    run.take([stream('one\n')], mark(1));
    const cells = doc.getArray<Y.Map<unknown>>('cells');
    // The mover had not seen the first line yet.
    doc.transact(() => {
      cells.delete(0, 1);
      cells.insert(0, [codeCell([])]);
    });
    run.take([stream('two\n')], mark(2));
    expect(outputs()).toEqual([{ output_type: 'stream', name: 'stdout', text: 'one\ntwo\n' }]);
  });

  it('[R30] that came while the cell was cut are there when it is back', () => {
    const { doc, outputs } = room();
    const run = new SharedCellRun(doc, 'c');
    run.begin(mark(0));
    run.take([stream('one\n')], mark(1));
    const cells = doc.getArray<Y.Map<unknown>>('cells');
    cells.delete(0, 1);
    expect(run.take([stream('two\n')], mark(2))).toBe(false);
    cells.insert(0, [codeCell([])]);
    run.take([stream('three\n')], mark(3));
    expect(outputs()).toEqual([
      { output_type: 'stream', name: 'stdout', text: 'one\ntwo\nthree\n' }
    ]);
    expect(cells.get(0).get('execution_state')).toBe('running');
  });

  it('[R18] go on after somebody has cleared them in the middle', () => {
    const { doc, seen, outputs } = room();
    seen.ydoc.on('update', (update: Uint8Array) => Y.applyUpdate(doc, update));
    const run = new SharedCellRun(doc, 'c');
    run.begin(mark(0));
    run.take([stream('one\n')], mark(1));
    (seen.getCell(0) as unknown as { clearOutputs(): void }).clearOutputs();
    run.take([stream('two\n')], mark(2));
    expect(outputs()).toEqual([{ output_type: 'stream', name: 'stdout', text: 'two\n' }]);
  });

  it('[R19] of a flood cost what is new, not what is there', () => {
    const { doc } = room();
    let bytes = 0;
    const run = new SharedCellRun(doc, 'c');
    run.begin(mark(0));
    doc.on('update', (update: Uint8Array) => (bytes += update.length));
    for (let index = 1; index <= 1000; index += 1) {
      run.take([stream('x'.repeat(99) + '\n')], mark(index));
    }
    expect(bytes).toBeLessThan(1000 * 600);
  });
});

function stream(text: string): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: 'stream' },
    parent_header: { msg_id: 'run' },
    metadata: {},
    content: { name: 'stdout', text }
  };
}

/** Overwriting half of a surrogate pair leaves no text; Yjs stores a replacement character. */
function wellFormed(outputs: ReturnType<typeof referenceOutputs>): unknown {
  return outputs.map(output =>
    typeof output['text'] === 'string' ? { ...output, text: output['text'].toWellFormed() } : output
  );
}
