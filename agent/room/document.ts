/**
 * Where a notebook is in its Yjs document, and what a transaction touched of it. Knows the shared
 * model of JupyterLab and tolerates older and plainer forms of it. Keeps only what is the
 * notebook's: prompts, trust and the room's own bookkeeping are not content.
 */
import * as Y from 'yjs';
import { editOf, type SourceEdit } from './source-edit.js';

/** A shared type, whatever its events are. */
interface Shared {
  readonly parent: Shared | null;
}

/** The roots of a notebook's document. */
export interface Roots {
  readonly cells: Y.Array<unknown>;
  readonly meta: Y.Map<unknown>;
  readonly state: Y.Map<unknown>;
}

/** What of one cell was touched. */
export interface TouchedCell {
  source: boolean;
  outputs: boolean;
  /** Type, metadata, attachments, count. */
  rest: boolean;
}

/** What an update touched. Touched is not yet changed. */
export interface Touched {
  /** Which cells there are, in which order, with which ids. */
  order: boolean;
  /** Metadata or format of the notebook. */
  head: boolean;
  /** By the cell's shared map. Cells that the update itself brought are not among them. */
  readonly cells: Map<object, TouchedCell>;
  /** Single outputs that changed in place. */
  readonly outputs: Set<object>;
  /** Keys of the document's `state` that this update has set, or removed. */
  readonly state: Set<string>;
  /** What was changed in sources, by the cell's shared map, where it is known. */
  readonly edits: Map<object, SourceEdit>;
}

/** The roots of a document. */
export function rootsOf(document: Y.Doc): Roots {
  return {
    cells: document.getArray('cells'),
    meta: document.getMap('meta'),
    state: document.getMap('state')
  };
}

/** Was any content touched, beside the room's bookkeeping? */
export function touchedContent({ order, head, cells }: Touched): boolean {
  return order || head || cells.size > 0;
}

/** Applies an update and says what it touched. */
export function applyTouching(document: Y.Doc, roots: Roots, update: Uint8Array): Touched {
  const touched: Touched = {
    order: false,
    head: false,
    cells: new Map(),
    outputs: new Set(),
    state: new Set(),
    edits: new Map()
  };
  const collect = ({ changed }: Y.Transaction): void => {
    for (const [type, keys] of changed) {
      touch(touched, roots, type, keys);
    }
  };
  // A value that loses against another one, set at the same time, is no change here.
  const collectState = ({ changes }: Y.YMapEvent<unknown>): void => {
    changes.keys.forEach((_, key) => touched.state.add(key));
  };
  const collectEdits = (events: readonly object[]): void => {
    for (const event of events) {
      collectEdit(touched, roots, event);
    }
  };
  roots.cells.observeDeep(collectEdits);
  roots.state.observe(collectState);
  document.on('afterTransaction', collect);
  Y.applyUpdate(document, update);
  document.off('afterTransaction', collect);
  roots.state.unobserve(collectState);
  roots.cells.unobserveDeep(collectEdits);
  return touched;
}

function collectEdit({ edits }: Touched, roots: Roots, event: object): void {
  if (!(event instanceof Y.YTextEvent)) {
    return;
  }
  const text: Shared = event.target;
  const cell = text.parent;
  if (cell instanceof Y.Map && cell.parent === roots.cells && cell.get('source') === text) {
    const edit = editOf(event);
    if (edit !== undefined) {
      edits.set(cell, edit);
    }
  }
}

function touch(
  touched: Touched,
  roots: Roots,
  type: Shared,
  keys: ReadonlySet<string | null>
): void {
  if (type === roots.cells) {
    touched.order = true;
    return;
  }
  const path = ancestors(type);
  const root = path[0];
  if (root === roots.meta) {
    touched.head = true;
  } else if (root === roots.cells) {
    touchCell(touched, path, keys);
  }
}

/** `path`: cells, the cell, then maybe one of its parts, then what is inside it. */
function touchCell(
  touched: Touched,
  path: readonly object[],
  keys: ReadonlySet<string | null>
): void {
  const [, cell, part, inner] = path;
  if (!(cell instanceof Y.Map)) {
    return;
  }
  const parts = part === undefined ? keys : [keyOf(cell, part)];
  for (const key of parts) {
    if (key === 'execution_state') {
      continue;
    }
    if (key === 'id') {
      touched.order = true;
    }
    const entry = touched.cells.get(cell) ?? { source: false, outputs: false, rest: false };
    touched.cells.set(cell, entry);
    if (key === 'source' || key === 'outputs') {
      entry[key] = true;
    } else {
      entry.rest = true;
    }
    if (key === 'outputs' && inner !== undefined) {
      touched.outputs.add(inner);
    }
  }
}

function keyOf(cell: Y.Map<unknown>, part: object): string | null {
  return ['source', 'outputs', 'metadata'].find(key => cell.get(key) === part) ?? null;
}

/** From the root down to the type itself. */
function ancestors(type: Shared): object[] {
  const path: object[] = [type];
  for (let up = type.parent; up !== null; up = up.parent) {
    path.unshift(up);
  }
  return path;
}
