/**
 * When the server is killed in a run that goes on, a page may have what the earlier runtime wrote last
 * and the room's store has not: the next runtime writes it anew, from the kernel's messages, and then
 * the page brings it once more. Of the cell of such a run only what the runtime writes itself counts.
 */
import * as Y from 'yjs';
import { findCodeCell, RUNTIME_ORIGIN } from './shared-notebook.js';

type Found = NonNullable<ReturnType<typeof findCodeCell>>;
/** What is looked at of a Y.YEvent. */
interface Change {
  readonly target: unknown;
  readonly changes: { readonly keys: Keys; readonly delta: Delta };
}
type Keys = ReadonlyMap<string, { readonly oldValue: unknown }>;
type Delta = readonly { readonly insert?: unknown; readonly retain?: number | undefined }[];

/** From now on takes out of this cell, in the same turn, what comes of an earlier runtime. */
export function keepStraysOut(doc: Y.Doc, cellId: string): void {
  doc.getArray<Y.Map<unknown>>('cells').observeDeep((events, transaction) => {
    const found = transaction.local ? undefined : findCodeCell(doc, cellId);
    if (found !== undefined) {
      doc.transact(() => events.forEach(event => takeBack(found, event as Change)), RUNTIME_ORIGIN);
    }
  });
}

function takeBack({ cell, outputs }: Found, event: Change): void {
  const { target, changes } = event;
  if (target === cell) {
    takeStateBack(cell, changes.keys);
  } else if (target === outputs) {
    takeOut(changes.delta, (index, length) => outputs.delete(index, length));
  } else if (target instanceof Y.Text && target.parent?.parent === (outputs as unknown)) {
    takeOut(changes.delta, (index, length) => target.delete(index, length));
  }
}

/** An earlier begin of the run, which is over, says that it runs and has no count yet. */
function takeStateBack(
  cell: Y.Map<unknown>,
  keys: ReadonlyMap<string, { oldValue: unknown }>
): void {
  if (keys.get('execution_state')?.oldValue !== 'idle') {
    return;
  }
  for (const key of ['execution_state', 'execution_count']) {
    const change = keys.get(key);
    if (change !== undefined) {
      cell.set(key, change.oldValue);
    }
  }
}

function takeOut(delta: Delta, remove: (index: number, length: number) => void): void {
  let index = 0;
  for (const { insert, retain } of delta) {
    if (insert !== undefined) {
      remove(index, (insert as string | unknown[]).length);
    }
    index += retain ?? 0;
  }
}
