/** What an update changed, by what had to be read again; and which lanes it belongs to. */
import type { CellId } from '../../schema/index.js';
import { diffCell, type SourceSplices } from '../core/notebook/diff.js';
import type { Attribution } from '../ports/mirror.js';
import type { Touched } from './document.js';
import { sameAuthor } from './lanes.js';
import type { Lane, LaneTouch } from './lanes.js';
import type { LiveCell, LiveState } from './live-notebook.js';
import { splicesOf, type SourceEdit } from './source-edit.js';

/** A cell that was read anew; without `after` it is gone, without `before` it is new. */
export interface ChangedCell {
  readonly cellId: CellId;
  readonly before: LiveCell | undefined;
  readonly after: LiveCell | undefined;
  /** Of the source; undefined if it is not known, or there is none. */
  readonly edit: SourceEdit | undefined;
}

/** What differs between two states that were read one after the other. */
export interface Change {
  /** Which cells there are, or their order. */
  readonly order: boolean;
  readonly head: boolean;
  readonly cells: readonly ChangedCell[];
}

/** What was read anew between two states, by identity. */
export function compareStates(before: LiveState, after: LiveState, { edits }: Touched): Change {
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
      const edit = edits.get(cell.shared);
      cells.push({ cellId: cell.cellId, before: previous, after: cell, edit });
    }
  });
  old?.forEach((cell, cellId) =>
    cells.push({ cellId, before: cell, after: undefined, edit: undefined })
  );
  return { order, head, cells };
}

/** The lanes that a change belongs to; null if any of it must be stated at once. */
export function lanesOf(cells: readonly ChangedCell[], author: Attribution): LaneTouch[] | null {
  const lanes: LaneTouch[] = [];
  for (const { cellId, before, after, edit } of cells) {
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
      lanes.push({ cellId, aspect: 'source', edit });
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

/** How sources became others by this change. */
export function splicesOfChange({ cells }: Change): SourceSplices {
  const edits = new Map(cells.map(({ cellId, edit }) => [cellId, edit]));
  return (cellId, before, after) => splicesOf(edits.get(cellId), before, after);
}
