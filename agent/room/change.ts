/** What an update changed, by what had to be read again; and which lanes it belongs to. */
import type { CellId } from '../../schema/index.js';
import { diffCell } from '../core/notebook/diff.js';
import type { Attribution } from '../ports/mirror.js';
import { sameAuthor } from './lanes.js';
import type { Lane, LaneTouch } from './lanes.js';
import type { LiveCell, LiveState } from './live-notebook.js';

/** A cell that was read anew; without `after` it is gone, without `before` it is new. */
export interface ChangedCell {
  readonly cellId: CellId;
  readonly before: LiveCell | undefined;
  readonly after: LiveCell | undefined;
}

/** What differs between two states that were read one after the other. */
export interface Change {
  /** Which cells there are, or their order. */
  readonly order: boolean;
  readonly head: boolean;
  readonly cells: readonly ChangedCell[];
}

/** What was read anew between two states, by identity. */
export function compareStates(before: LiveState, after: LiveState): Change {
  const head = before.head !== after.head;
  if (before.cells === after.cells) {
    return { order: false, head, cells: [] };
  }
  const order =
    before.cells.length !== after.cells.length ||
    before.cells.some((cell, index) => cell.cellId !== after.cells[index]?.cellId);
  const old = order ? new Map(before.cells.map(cell => [cell.cellId, cell])) : undefined;
  const cells: ChangedCell[] = [];
  after.cells.forEach((cell, index) => {
    const previous = old === undefined ? before.cells[index] : old.get(cell.cellId);
    old?.delete(cell.cellId);
    if (previous !== cell) {
      cells.push({ cellId: cell.cellId, before: previous, after: cell });
    }
  });
  old?.forEach((cell, cellId) => cells.push({ cellId, before: cell, after: undefined }));
  return { order, head, cells };
}

/** The lanes that a change belongs to; null if any of it must be stated at once. */
export function lanesOf(cells: readonly ChangedCell[], author: Attribution): LaneTouch[] | null {
  const lanes: LaneTouch[] = [];
  for (const { cellId, before, after } of cells) {
    if (before === undefined || after === undefined || before.shared !== after.shared) {
      return null;
    }
    const { source: oldSource, ...oldBody } = before.body;
    const { source, ...body } = after.body;
    const sameOutputs = before.outputs === after.outputs;
    const sameBody = diffCell(
      { ...oldBody, source: '', outputs: [] },
      { ...body, source: '', outputs: [] }
    );
    if (sameBody.length > 0 || (!sameOutputs && author.actor.kind !== 'runtime')) {
      return null;
    }
    if (source !== oldSource) {
      lanes.push({ cellId, aspect: 'source' });
    }
    if (!sameOutputs) {
      lanes.push({ cellId, aspect: 'outputs' });
    }
  }
  const oneSource = lanes.filter(({ aspect }) => aspect === 'source').length <= 1;
  return oneSource ? lanes : null;
}

/** Which of these lanes must be settled before a change is stated at once. */
export function endedByStating(change: Change, author: Attribution, lanes: Lane[]): Lane[] {
  const touched = new Set(change.cells.map(({ cellId }) => cellId));
  const empty = touched.size === 0 && !change.order && !change.head;
  return empty ? [] : lanes.filter(lane => touched.has(lane.cellId) || sameAuthor(lane, author));
}
