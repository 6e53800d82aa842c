/** For whose run the mirror takes what a runtime writes: the runtime's own writing, seen by the mirror. */
import { beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { YNotebook } from '@jupyter/ydoc';
import { MARK_KEY, WRITTEN_FOR_KEY } from '../../../agent/core/notebook/written-for.js';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import { RoomDocument } from '../../../agent/peer/room-document.js';
import type { CellRun, IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import { openReplica } from '../../../agent/room/replica.js';
import type { CellId } from '../../../schema/index.js';
import { codeNotebook } from './room-world.js';

const [A, B] = ['cell-0' as CellId, 'cell-1' as CellId];

/** A runtime in a room, without a connection. */
class Runtime extends RoomDocument {
  get room(): Y.Doc {
    return this.document;
  }

  protected override presence(): Iterable<unknown> {
    return [];
  }
}

let runtime: Runtime;
/** For each update of the runtime since it was last read. */
let written: (string | undefined)[] = [];
let replica: ReturnType<typeof openReplica>;

beforeEach(() => {
  const file = new YNotebook();
  file.setSource(codeNotebook(['a', 'b']));
  const loaded = Y.encodeStateAsUpdate(file.ydoc);
  replica = openReplica({ path: 'a.ipynb', epoch: 1, known: EMPTY_NOTEBOOK, editPause: 1000 });
  replica.take(loaded);
  runtime = new Runtime();
  Y.applyUpdate(runtime.room, loaded);
  runtime.room.on('update', (bytes: Uint8Array) => {
    written.push(replica.take(bytes).writtenFor);
  });
  written = [];
});

/** What was written meanwhile says so. */
function said(): (string | undefined)[] {
  return written.splice(0);
}

describe('what a runtime writes', () => {
  it('[WA1] is for the run whose cell it fills, from its begin to its end', () => {
    const run = begin(A, 'alices');
    run.take([print('alices', 'x')], mark('alices', 1));
    run.takeNextInput({ text: 'next', replace: true });
    run.end(mark('alices', 2));
    expect(said()).toEqual(['alices', 'alices', 'alices', 'alices']);
  });

  it('[WA1] is for the run that said it when that has ended and another one goes on', () => {
    begin(A, 'alices').end(mark('alices', 1));
    begin(B, 'bobs');
    said();
    runtime.takeLate(print('alices', 'late'));
    runtime.takeLate(message('alices', 'clear_output', { wait: false }));
    expect(said()).toEqual(['alices', 'alices']);
    expect(runtime.mark()).toMatchObject({ executionId: 'bobs', seq: 0 });
  });

  it('[WA1] is for the run that changed a display, wherever it stands', () => {
    const alices = begin(A, 'alices');
    alices.take([display('alices', 'display_data', 'd')], mark('alices', 1));
    alices.end(mark('alices', 2));
    const bobs = begin(B, 'bobs');
    bobs.take([display('bobs', 'display_data', 'e')], mark('bobs', 3));
    said();
    runtime.takeLate(display('bobs', 'update_display_data', 'd'));
    runtime.takeLate(display('bobs', 'display_data', 'd'));
    bobs.take([display('alices', 'update_display_data', 'e')], mark('bobs', 4));
    expect(said()).toEqual(['bobs', 'bobs', 'alices']);
    // Its next own write is its own again, and so is one that a display elsewhere came with.
    bobs.take([print('bobs', 'x')], mark('bobs', 5));
    const elsewhere = display('alices', 'update_display_data', 'd');
    bobs.take([elsewhere, print('bobs', 'y')], mark('bobs', 6));
    bobs.end(mark('bobs', 7));
    expect(said()).toEqual(['bobs', 'bobs', 'bobs']);
  });

  it('[WA2] is for nobody when it is of several runs in one write', () => {
    const bobs = begin(B, 'bobs');
    said();
    const shown = display('bobs', 'display_data', 'e');
    bobs.take([shown, display('alices', 'update_display_data', 'e')], mark('bobs', 1));
    expect(said()).toEqual([undefined]);
    bobs.take([print('bobs', 'x')], mark('bobs', 2));
    expect(said()).toEqual(['bobs']);
  });

  it('[WA2] is for nobody when it is of no run', () => {
    begin(A, 'alices');
    said();
    runtime.widgets.save({ state: {} });
    runtime.room.transact(() => runtime.room.getMap('meta').set('nbformat_minor', 4));
    expect(said()).toEqual([undefined, undefined]);
  });

  it('[WA2] is for the message that a console sent, which is no run, when a console changes a display', () => {
    const alices = begin(A, 'alices');
    alices.take([display('alices', 'display_data', 'd')], mark('alices', 1));
    said();
    alices.take([display('of a console', 'update_display_data', 'd')], mark('alices', 2));
    expect(said()).toEqual(['of a console']);
  });

  it('[WA1] is for its run when its cell was away meanwhile', () => {
    const cells = runtime.room.getArray<Y.Map<unknown>>('cells');
    const run = begin(A, 'alices');
    const cell = cells.get(0).clone();
    cells.delete(0);
    said();
    run.take([print('alices', 'x')], mark('alices', 1));
    cells.insert(0, [cell]);
    run.take([print('alices', 'y')], mark('alices', 2));
    expect(said()).toEqual(['alices', undefined, 'alices']);
  });

  it('[WA4] is for nobody when somebody else’s word stands in the room instead', () => {
    const forger = new Y.Doc();
    forger.clientID = 2 ** 32 - 1;
    Y.applyUpdate(forger, Y.encodeStateAsUpdate(runtime.room));
    runtime.room.clientID = 1;
    forger.getMap('state').set(MARK_KEY, { executionId: 'alices', writtenFor: null });
    forger.getMap('state').set(WRITTEN_FOR_KEY, 'alices');
    replica.take(Y.encodeStateAsUpdate(forger, Y.encodeStateVector(runtime.room)));
    begin(B, 'bobs').end(mark('bobs', 1));
    runtime.takeLate(print('bobs', 'late'));
    // Neither saw the other write, and the other's word won.
    expect(said()).toEqual([undefined, undefined, undefined]);
  });

  it('[WA5] leaves to the next agent what it needs to go on', () => {
    begin(A, 'alices').end(mark('alices', 1));
    const bobs = begin(B, 'bobs');
    bobs.take([print('bobs', 'one\n')], mark('bobs', 2));
    runtime.takeLate(print('alices', 'late\n'));
    const next = new Runtime();
    Y.applyUpdate(next.room, Y.encodeStateAsUpdate(runtime.room));
    expect(next.mark()).toMatchObject({ executionId: 'bobs', seq: 2 });
    const run = next.cellRun(B);
    run.resume();
    run.take([print('bobs', 'two\n')], mark('bobs', 3));
    const cells = next.room.getArray<Y.Map<Y.Array<unknown>>>('cells');
    const outputs = (cell: number): unknown => cells.get(cell).get('outputs')?.toJSON();
    expect([outputs(0), outputs(1)]).toMatchObject([
      [{ text: 'late\n' }],
      [{ text: 'one\ntwo\n' }]
    ]);
  });
});

function begin(cellId: CellId, executionId: string): CellRun {
  const run = runtime.cellRun(cellId);
  run.begin(mark(executionId, 0));
  return run;
}

function mark(executionId: string, seq: number): RunMark {
  const progress = { timing: {}, executionCount: null, error: null };
  return { executionId, kernelId: 'kernel', tap: 'tap', seq, progress };
}

function print(parent: string, text: string): IopubMessage {
  return message(parent, 'stream', { name: 'stdout', text });
}

function display(parent: string, type: string, id: string): IopubMessage {
  const data = { 'text/plain': `${parent} ${type}` };
  return message(parent, type, { data, metadata: {}, transient: { display_id: id } });
}

function message(parent: string, type: string, content: IopubMessage['content']): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: type },
    parent_header: { msg_id: parent },
    metadata: {},
    content
  };
}
