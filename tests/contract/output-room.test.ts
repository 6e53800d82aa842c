/** What stands in the room keeps the contract, message by message and at once, and a live page shows it. */
import { YNotebook } from '@jupyter/ydoc';
import type { ICodeCell, IOutput } from '@jupyterlab/nbformat';
import * as Y from 'yjs';
import { CellRuns } from '../../agent/peer/cell-runs.js';
import type { IopubMessage, RunMark } from '../../agent/ports/runtime.js';
import type { CellId } from '../../schema/index.js';
import { messageOf, outputContract } from './output-contract.js';
import type { Sequence } from './output-sequences.js';

/** Runs the cells one after the other, as a notebook's queue does; a person's page follows. */
function written(
  { said, shows }: Sequence,
  batches: (messages: IopubMessage[]) => IopubMessage[][]
): IOutput[][] {
  const doc = new Y.Doc();
  doc.getArray('cells').insert(
    0,
    shows.map((_, cell) => codeCell(`cell-${cell}`))
  );
  const page = new YNotebook();
  Y.applyUpdate(page.ydoc, Y.encodeStateAsUpdate(doc));
  doc.on('update', (update: Uint8Array) => Y.applyUpdate(page.ydoc, update));
  const runs = new CellRuns(doc);
  shows.forEach((_, cell) => {
    const run = runs.open(`cell-${cell}` as CellId);
    run.begin(mark(cell));
    for (const batch of batches(said.filter(each => each.cell === cell).map(messageOf))) {
      batch.forEach(message => runs.takeLate(message));
      run.take(batch, mark(cell));
    }
    run.end(mark(cell));
  });
  return page.cells.map(cell => (cell.toJSON() as ICodeCell).outputs);
}

outputContract('in the room', sequence =>
  written(sequence, messages => messages.map(message => [message]))
);
outputContract('in the room, written at once', sequence =>
  written(sequence, messages => [messages])
);

function codeCell(id: string): Y.Map<unknown> {
  return new Y.Map<unknown>([
    ['id', id],
    ['cell_type', 'code'],
    ['source', new Y.Text()],
    ['metadata', new Y.Map()],
    ['outputs', new Y.Array()]
  ]);
}

function mark(cell: number): RunMark {
  const progress = { timing: {}, executionCount: null, error: null };
  return { executionId: `run-${cell}`, kernelId: 'kernel', tap: 'tap', seq: 0, progress };
}
