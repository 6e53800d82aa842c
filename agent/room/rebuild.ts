/** The document as it was: rebuilt from stored updates, and read as a notebook file. */
import * as Y from 'yjs';
import type { Json } from '../../schema/index.js';
import { isRecord, toJsonRecord } from '../core/json.js';
import { normalizeOutput } from '../core/notebook/output.js';
import {
  cellTypeOf,
  readCellMetadata,
  readCount,
  readSource,
  wholeNumber
} from '../core/notebook/from-notebook.js';
import type { StoredUpdate } from '../ports/host.js';
import { rootsOf } from './document.js';

/** The document after these updates: of one epoch, ascending, from its first. */
export function rebuildDocument(updates: readonly Pick<StoredUpdate, 'bytes'>[]): Y.Doc {
  const document = new Y.Doc();
  document.transact(() => updates.forEach(({ bytes }) => Y.applyUpdate(document, bytes)));
  return document;
}

/** nbformat JSON of a notebook's document: what a save would write. Cell ids as of nbformat 4.5. */
export function notebookJson(document: Y.Doc): { [key: string]: Json } {
  const { cells, meta } = rootsOf(document);
  const head = toJsonRecord(meta.toJSON());
  const nbformat = wholeNumber(head['nbformat']) ?? 4;
  const minor = wholeNumber(head['nbformat_minor']) ?? 5;
  const withIds = nbformat > 4 || minor >= 5;
  const read: unknown[] = cells.toJSON();
  return {
    cells: read.filter(isRecord).map(cell => cellJson(cell, withIds)),
    metadata: toJsonRecord(head['metadata']),
    nbformat,
    nbformat_minor: minor
  };
}

function cellJson(cell: Record<string, unknown>, withId: boolean): { [key: string]: Json } {
  const cellType = cellTypeOf(cell['cell_type']);
  const attachments = toJsonRecord(cell['attachments']);
  const outputs: unknown[] = Array.isArray(cell['outputs']) ? cell['outputs'] : [];
  return {
    ...(withId && typeof cell['id'] === 'string' ? { id: cell['id'] } : {}),
    cell_type: cellType,
    metadata: { ...readCellMetadata(cell['metadata']) },
    source: readSource(cell['source']),
    ...(cellType === 'code'
      ? {
          execution_count: readCount(cell['execution_count']),
          outputs: outputs.map(normalizeOutput)
        }
      : Object.keys(attachments).length === 0
        ? {}
        : { attachments })
  };
}
