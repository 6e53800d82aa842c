/** What an earlier runtime wrote, and comes to the room when the next one has gone on. */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { SharedCellRun } from '../../../agent/peer/cell-run.js';
import { keepStraysOut } from '../../../agent/peer/stray-outputs.js';
import type { IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import { NO_PROGRESS } from '../../../agent/runtime/run-progress.js';

const mark = (seq: number, executionCount: number | null = null): RunMark => ({
  ...{ tap: 'tap', seq, executionId: 'run', kernelId: 'kernel' },
  progress: { ...NO_PROGRESS, executionCount }
});

const print = (text: string, name = 'stdout'): IopubMessage => ({
  header: { msg_id: '', msg_type: 'stream' },
  parent_header: { msg_id: 'run' },
  metadata: {},
  content: { name, text }
});

function roomOf(client: number, state: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = client;
  Y.applyUpdate(doc, state);
  return doc;
}

function notebook(): Uint8Array {
  const doc = new Y.Doc();
  const cell = new Y.Map<unknown>([
    ['id', 'c'],
    ['cell_type', 'code'],
    ['source', new Y.Text()],
    ['metadata', new Y.Map()],
    ['outputs', new Y.Array()],
    ['execution_state', 'idle']
  ]);
  doc.getArray('cells').insert(0, [cell]);
  return Y.encodeStateAsUpdate(doc);
}

/** Of the two runtimes, whose names decide between what they say at once. */
const NAMES = [
  [1, 2],
  [2, 1]
] as const;

describe('a run that another runtime goes on with', () => {
  it.each(NAMES)('[GW11] shows nothing twice that only a page had (%i, %i)', (first, second) => {
    const before = roomOf(first, notebook());
    const run = new SharedCellRun(before, 'c');
    run.begin(mark(0));
    run.take([print('a')], mark(1));
    const stored = Y.encodeStateAsUpdate(before);
    run.take([print('b')], mark(2));
    run.take([print('e', 'stderr')], mark(3));

    const room = roomOf(second, stored);
    keepStraysOut(room, 'c');
    const next = new SharedCellRun(room, 'c');
    next.resume();
    next.take([print('b')], mark(2));
    Y.applyUpdate(room, Y.encodeStateAsUpdate(before));
    next.take([print('e', 'stderr'), print('f', 'stderr')], mark(4));
    const [cell] = room.getArray('cells').toJSON() as [{ outputs: { text: string }[] }];
    expect(cell.outputs.map(({ text }) => text)).toEqual(['ab', 'ef']);
  });

  it.each(NAMES)(
    '[GW12] stays over when only a page had its first begin (%i, %i)',
    (first, second) => {
      const stored = notebook();
      const before = roomOf(first, stored);
      const run = new SharedCellRun(before, 'c');
      run.begin(mark(0));
      run.take([print('a')], mark(1));

      const room = roomOf(second, stored);
      keepStraysOut(room, 'c');
      const next = new SharedCellRun(room, 'c');
      next.begin(mark(0));
      next.take([print('a')], mark(1));
      next.close(mark(2, 1));
      next.end(mark(2, 1));
      Y.applyUpdate(room, Y.encodeStateAsUpdate(before));
      expect(room.getArray('cells').toJSON()).toMatchObject([
        { outputs: [{ text: 'a' }], execution_state: 'idle', execution_count: 1 }
      ]);
    }
  );
});
