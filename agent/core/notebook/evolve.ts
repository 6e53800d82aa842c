/**
 * Folds facts into a notebook's state. Total: a fact about a cell that is not there changes nothing,
 * and facts about other things are passed over, so that any stream can be folded.
 */
import { isStreamFact } from '../../../schema/index.js';
import type { CellId, Fact } from '../../../schema/index.js';
import { changedRecord } from '../json.js';
import { applySplice } from './splice.js';
import { indexOfCell } from './state.js';
import type { CellState, NotebookState } from './state.js';

/** The state after the fact. */
export function evolveNotebook(state: NotebookState, fact: Fact): NotebookState {
  if (isStreamFact(fact)) {
    return state;
  }
  switch (fact.type) {
    case 'notebook.opened':
      return { ...state, path: fact.data.path };
    case 'notebook.renamed':
      return { ...state, path: fact.data.to };
    case 'notebook.metadata-changed':
      return {
        ...state,
        metadata: changedRecord(state.metadata, fact.data),
        nbformat: fact.data.nbformat ?? state.nbformat,
        nbformatMinor: fact.data.nbformatMinor ?? state.nbformatMinor
      };
    case 'cell.created': {
      const { after, attachments, ...rest } = fact.data;
      const cell = { ...rest, ...(attachments === undefined ? {} : { attachments }), outputs: [] };
      return place(without(state, cell.cellId), cell, after);
    }
    case 'cell.deleted':
      return without(state, fact.data.cellId);
    case 'cell.moved': {
      const cell = state.cells[indexOfCell(state, fact.data.cellId)];
      return cell === undefined ? state : place(without(state, cell.cellId), cell, fact.data.after);
    }
    case 'cell.source-changed':
    case 'cell.type-changed':
    case 'cell.metadata-changed':
    case 'cell.attachments-changed':
    case 'cell.count-changed':
    case 'output.added':
    case 'output.changed':
    case 'output.cleared':
      return withCell(state, fact.data.cellId, cell => evolveCell(cell, fact));
    case 'notebook.saved':
    case 'execution.requested':
    case 'execution.assigned':
    case 'execution.started':
    case 'execution.input-requested':
    case 'execution.input-answered':
    case 'execution.limit-reached':
    case 'execution.finished':
    case 'agent.start-requested':
    case 'agent.started':
    case 'agent.ready':
    case 'agent.stop-requested':
    case 'agent.stopped':
    case 'kernel.interrupt-requested':
    case 'kernel.restart-requested':
    case 'kernel.changed':
    case 'environment.recorded':
      return state;
  }
}

type CellFact = Extract<
  Fact,
  {
    type:
      | 'cell.source-changed'
      | 'cell.type-changed'
      | 'cell.metadata-changed'
      | 'cell.attachments-changed'
      | 'cell.count-changed'
      | 'output.added'
      | 'output.changed'
      | 'output.cleared';
  }
>;

function evolveCell(cell: CellState, fact: CellFact): CellState {
  switch (fact.type) {
    case 'cell.source-changed':
      return { ...cell, source: applySplice(cell.source, fact.data.splice) };
    case 'cell.type-changed':
      return { ...cell, cellType: fact.data.to };
    case 'cell.metadata-changed':
      return { ...cell, metadata: changedRecord(cell.metadata, fact.data) };
    case 'cell.attachments-changed': {
      const { attachments: _old, ...rest } = cell;
      const { attachments } = fact.data;
      return attachments === null ? rest : { ...rest, attachments };
    }
    case 'cell.count-changed':
      return { ...cell, executionCount: fact.data.executionCount };
    case 'output.added':
      return {
        ...cell,
        outputs: [...cell.outputs.slice(0, fact.data.index), ...fact.data.outputs]
      };
    case 'output.changed': {
      const { index, output } = fact.data;
      return index < cell.outputs.length
        ? { ...cell, outputs: cell.outputs.with(index, output) }
        : cell;
    }
    case 'output.cleared': {
      const { index, count } = fact.data;
      return { ...cell, outputs: cell.outputs.toSpliced(index, count) };
    }
  }
}

function withCell(
  state: NotebookState,
  cellId: CellId,
  change: (cell: CellState) => CellState
): NotebookState {
  const index = indexOfCell(state, cellId);
  const cell = state.cells[index];
  return cell === undefined ? state : { ...state, cells: state.cells.with(index, change(cell)) };
}

function without(state: NotebookState, cellId: CellId): NotebookState {
  const index = indexOfCell(state, cellId);
  return index < 0 ? state : { ...state, cells: state.cells.toSpliced(index, 1) };
}

/** Below the cell `after`; at the top for null, at the end if it is not there. */
function place(state: NotebookState, cell: CellState, after: CellId | null): NotebookState {
  const before = after === null ? -1 : indexOfCell(state, after);
  const index = after !== null && before < 0 ? state.cells.length : before + 1;
  return { ...state, cells: state.cells.toSpliced(index, 0, cell) };
}
