/**
 * The shared notebook's shape, as jupyter_ydoc defines it, read and written directly: cells by id,
 * never by index, because positions move.
 */
import * as Y from 'yjs';
import { MARK_KEY, WRITTEN_FOR_KEY, type WritingMark } from '../core/notebook/written-for.js';
import type { OutputMemory } from '../core/outputs/output-memory.js';
import type { RunMark } from '../ports/runtime.js';
import type { SharedOutputs } from './output-writer.js';

/** The origin of our own transactions. */
export const RUNTIME_ORIGIN = 'colophon-runtime';

/** The origin of those that are for their own run alone: the room may get them together with its next ones. */
export const OWN_RUN_ORIGIN = 'colophon-own-run';

/** A run's mark with what the output fold must remember, and for whose run the last write was. */
export type StoredMark = RunMark & WritingMark & { readonly memory: OutputMemory };

/** The code cell with this id and its outputs; undefined if there is none. */
export function findCodeCell(
  doc: Y.Doc,
  cellId: string
): { cell: Y.Map<unknown>; outputs: SharedOutputs } | undefined {
  for (const cell of doc.getArray<Y.Map<unknown>>('cells')) {
    const outputs = cell.get('outputs');
    if (cell.get('id') === cellId && outputs instanceof Y.Array) {
      return { cell, outputs: outputs as SharedOutputs };
    }
  }
  return undefined;
}

/** The kernel that the notebook's metadata names; undefined if none. */
export function namedKernel(doc: Y.Doc): string | undefined {
  const metadata = notebookMetadata(doc) as { kernelspec?: { name?: unknown } } | undefined;
  const name = metadata?.kernelspec?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The limits that the notebook's metadata asks for, whatever that is; undefined if none. */
export function askedLimits(doc: Y.Doc): unknown {
  const metadata = notebookMetadata(doc) as { colophon?: { limits?: unknown } } | undefined;
  return metadata?.colophon?.limits;
}

function notebookMetadata(doc: Y.Doc): unknown {
  const metadata: unknown = doc.getMap('meta').get('metadata');
  return metadata instanceof Y.Map ? metadata.toJSON() : metadata;
}

/** Sets every code cell idle that seems to run, except one. */
export function quietenCells(doc: Y.Doc, except: string | undefined): void {
  doc.transact(() => {
    for (const cell of doc.getArray<Y.Map<unknown>>('cells')) {
      if (cell.get('execution_state') === 'running' && cell.get('id') !== except) {
        cell.set('execution_state', 'idle');
      }
    }
  }, RUNTIME_ORIGIN);
}

/** The last run's mark, kept in the room; undefined before the first run. */
export function readMark(doc: Y.Doc): StoredMark | undefined {
  return doc.getMap('state').get(MARK_KEY) as StoredMark | undefined;
}

export function writeMark(doc: Y.Doc, mark: StoredMark): void {
  doc.getMap('state').set(MARK_KEY, mark);
}

/** Says in this transaction for which run it writes; '' for no one run. */
export function writeFor(doc: Y.Doc, executionId: string): void {
  doc.getMap('state').set(WRITTEN_FOR_KEY, executionId);
}

/** A cell's metadata, made a shared map if an old client left it plain. */
export function cellMetadata(cell: Y.Map<unknown>): Y.Map<unknown> {
  const metadata = cell.get('metadata');
  if (metadata instanceof Y.Map) {
    return metadata as Y.Map<unknown>;
  }
  const shared = new Y.Map<unknown>(Object.entries((metadata ?? {}) as Record<string, unknown>));
  cell.set('metadata', shared);
  return shared;
}
