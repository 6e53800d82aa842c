/**
 * What a kernel wants to be edited next, as of `%load`, `%recall` and set_next_input, put into the
 * notebook as JupyterLab puts it: in place of the cell's source, or as a new code cell below it.
 * The caller opens the transaction. Guarantees: where the cell is gone, nothing is written.
 */
import { randomUUID } from 'node:crypto';
import * as Y from 'yjs';
import type { NextInput } from '../ports/runtime.js';

/** False: the cell is gone. */
export function writeNextInput(doc: Y.Doc, cellId: string, input: NextInput): boolean {
  const cells = doc.getArray<Y.Map<unknown>>('cells');
  const index = cells.toArray().findIndex(cell => cell.get('id') === cellId);
  if (index < 0) {
    return false;
  }
  if (input.replace) {
    const source = cells.get(index).get('source');
    if (source instanceof Y.Text) {
      source.delete(0, source.length);
      source.insert(0, input.text);
    }
  } else {
    cells.insert(index + 1, [codeCell(input.text)]);
  }
  return true;
}

/** As @jupyter/ydoc makes one. Not trusted: its text comes from the kernel, not from a person. */
function codeCell(source: string): Y.Map<unknown> {
  return new Y.Map<unknown>([
    ['id', randomUUID()],
    ['cell_type', 'code'],
    ['source', new Y.Text(source)],
    ['metadata', new Y.Map([['trusted', false]])],
    ['execution_count', null],
    ['execution_state', 'idle'],
    ['outputs', new Y.Array()]
  ]);
}
