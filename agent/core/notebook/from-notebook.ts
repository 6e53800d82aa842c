/**
 * Reads nbformat JSON, as files and other programs write it, into a notebook's state. Takes
 * anything: what is missing gets its default, what is doubled is told apart the same way each time.
 */
import type { CellId, CellType, Json } from '../../../schema/index.js';
import { canonicalJson, digestOf } from '../digest.js';
import { isRecord, toJsonRecord } from '../json.js';
import { joined, summarizeOutput } from './output.js';
import type { CellState, JsonRecord, NotebookState } from './state.js';

const LONGEST_ID = 128;

/** State of a notebook in nbformat JSON. Never throws; what is no notebook reads as an empty one. */
export function fromNotebook(content: unknown, path: string | null = null): NotebookState {
  const notebook = isRecord(content) ? content : {};
  const cells = Array.isArray(notebook['cells']) ? notebook['cells'].filter(isRecord) : [];
  const ids = distinctCellIds(cells.map(cell => cell['id']));
  return {
    path,
    metadata: readMetadata(notebook['metadata']),
    nbformat: wholeNumber(notebook['nbformat']) ?? 4,
    nbformatMinor: wholeNumber(notebook['nbformat_minor']) ?? 5,
    cells: cells.map((cell, index) => {
      const outputs: unknown[] = Array.isArray(cell['outputs']) ? cell['outputs'] : [];
      return {
        ...readCell(cell, ids[index] ?? ('' as CellId), readSource(cell['source'])),
        outputs:
          cellTypeOf(cell['cell_type']) === 'code'
            ? outputs.map(output => summarizeOutput(output))
            : []
      };
    })
  };
}

/** A cell without its outputs, from its plain members. */
export function readCell(
  cell: { readonly [key: string]: unknown },
  cellId: CellId,
  source: string
): Omit<CellState, 'outputs'> {
  const cellType = cellTypeOf(cell['cell_type']);
  const attachments = cellType === 'code' ? {} : toJsonRecord(cell['attachments']);
  return {
    cellId,
    cellType,
    source,
    metadata: readCellMetadata(cell['metadata']),
    ...(Object.keys(attachments).length === 0 ? {} : { attachments }),
    executionCount: cellType === 'code' ? readCount(cell['execution_count']) : null
  };
}

/** The type of a cell; an unknown one is raw. */
export function cellTypeOf(type: unknown): CellType {
  return type === 'code' || type === 'markdown' ? type : 'raw';
}

/**
 * One id for each cell, in order. A second cell of the same id gets `<id>~2`, a third `<id>~3`; a
 * cell without a usable id gets `cell~<position>`. `~` is in no valid id.
 */
export function distinctCellIds(ids: readonly unknown[]): CellId[] {
  const taken = new Set<string>();
  return ids.map((id, index) => {
    const usable = typeof id === 'string' && id !== '' && id.length <= LONGEST_ID;
    const base = usable ? id : `cell~${index + 1}`;
    let distinct = base;
    for (let copy = 2; taken.has(distinct); copy++) {
      distinct = `${base.slice(0, LONGEST_ID - 8)}~${copy}`;
    }
    taken.add(distinct);
    return distinct as CellId;
  });
}

/** Source of a cell: a string, or lines to be joined. */
export function readSource(source: unknown): string {
  const text = joined(source as Json | undefined);
  return typeof text === 'string' ? text : '';
}

/** A whole number, or null. */
export function wholeNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : null;
}

/** A prompt number; 0 and anything else that is none reads as null. */
export function readCount(value: unknown): number | null {
  const count = wholeNumber(value);
  return count === 0 ? null : count;
}

/** The notebook's metadata; the state of widgets is told by its digest and its length, as outputs are. */
export function readMetadata(value: unknown): JsonRecord {
  const metadata = toJsonRecord(value);
  const { widgets } = metadata;
  if (widgets === undefined) {
    return metadata;
  }
  const text = canonicalJson(widgets);
  return { ...metadata, widgets: { digest: digestOf(text), length: text.length } };
}

/** A cell's metadata without `trusted`. */
export function readCellMetadata(metadata: unknown): JsonRecord {
  const { trusted: _trusted, ...rest } = toJsonRecord(metadata);
  return rest;
}
