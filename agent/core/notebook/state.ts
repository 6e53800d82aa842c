/**
 * The notebook as its facts tell it: what `evolveNotebook` folds and `diffNotebook` compares.
 * Outputs are summaries; their bytes are in the document. Two states that tell the same notebook
 * are deeply equal.
 */
import type { CellId, CellType, Json, OutputSummary } from '../../../schema/index.js';

/** A JSON object that nobody may change. */
export type JsonRecord = Readonly<Record<string, Json>>;

/** One cell. */
export interface CellState {
  readonly cellId: CellId;
  readonly cellType: CellType;
  readonly source: string;
  /** Without `trusted`, which is each reader's own business. */
  readonly metadata: JsonRecord;
  /** Absent if there are none. */
  readonly attachments?: JsonRecord;
  readonly executionCount: number | null;
  readonly outputs: readonly OutputSummary[];
}

/** A notebook. Cell ids are distinct. */
export interface NotebookState {
  /** Path below the server's root; null before it is known. */
  readonly path: string | null;
  readonly metadata: JsonRecord;
  readonly nbformat: number;
  readonly nbformatMinor: number;
  /** From top to bottom. */
  readonly cells: readonly CellState[];
}

/** A notebook of which nothing is known. */
export const EMPTY_NOTEBOOK: NotebookState = {
  path: null,
  metadata: {},
  nbformat: 4,
  nbformatMinor: 5,
  cells: []
};

/** Position of a cell, -1 if there is none. The last cell is found at once. */
export function indexOfCell(notebook: NotebookState, cellId: CellId): number {
  const last = notebook.cells.length - 1;
  return notebook.cells[last]?.cellId === cellId
    ? last
    : notebook.cells.findIndex(cell => cell.cellId === cellId);
}

/** The cell with this id, or undefined. */
export function cellOf(notebook: NotebookState, cellId: CellId): CellState | undefined {
  return notebook.cells[indexOfCell(notebook, cellId)];
}
