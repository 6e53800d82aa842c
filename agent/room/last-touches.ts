/**
 * Who touched a lane last, of the updates that are stored: what had been pending when the host ended is
 * pending again with that author. Guarantees: what nobody is known to have written does not wait in a
 * lane.
 */
import type { Fact } from '../../schema/index.js';
import { diffOutputs, diffSource } from '../core/notebook/diff.js';
import type { CellState } from '../core/notebook/state.js';
import type { StoredUpdate } from '../ports/host.js';
import { lanesOf } from './change.js';
import type { ChangedCell } from './change.js';
import { laneKey, sameAuthor } from './lanes.js';
import type { LaneAspect, Lanes } from './lanes.js';
import { followed, splicesOf, type SourceEdit } from './source-edit.js';

/** So many of an author's last edits of a source are kept. */
const EDITS_KEPT = 2000;

interface LastTouch {
  readonly update: StoredUpdate;
  /** What this author has changed in a source since anybody else did; the oldest first. */
  readonly edits: (SourceEdit | undefined)[];
}

export class LastTouches {
  readonly #touches = new Map<string, LastTouch>();

  /** The update changed these cells; a later one counts in place of an earlier one. */
  note(cells: readonly ChangedCell[], update: StoredUpdate): void {
    lanesOf(cells, update)?.forEach(lane => {
      const before = this.#touches.get(laneKey(lane));
      const goesOn = before !== undefined && sameAuthor(before.update, update);
      const edits = goesOn ? before.edits : [];
      if (lane.aspect === 'source') {
        edits.push(lane.edit);
        edits.splice(0, edits.length - EDITS_KEPT);
      }
      this.#touches.set(laneKey(lane), { update, edits });
    });
  }

  /** Opens lanes for what `known` lacks of a cell; returns the cell without it. */
  pendAgain(cell: CellState, known: CellState, lanes: Lanes): CellState {
    const { cellId } = cell;
    const pend = (aspect: LaneAspect, facts: readonly Fact[]): boolean => {
      const touch = this.#touches.get(laneKey({ cellId, aspect }));
      if (facts.length === 0 || touch === undefined) {
        return false;
      }
      const edit = lastEdit(touch.edits, known.source, cell.source);
      lanes.extend({ cellId, aspect, edit }, touch.update);
      return true;
    };
    const source = pend('source', diffSource(known, cell.source)) ? known.source : cell.source;
    const grown = diffOutputs(cellId, known.outputs, cell.outputs);
    const outputs = pend('outputs', grown) ? known.outputs : cell.outputs;
    return { ...cell, source, outputs };
  }
}

/** The last of these edits together, as many as lead from `before` to `after`; undefined if none do. */
function lastEdit(
  edits: readonly (SourceEdit | undefined)[],
  before: string,
  after: string
): SourceEdit | undefined {
  let whole: SourceEdit | undefined;
  for (const edit of edits.toReversed()) {
    whole = whole === undefined ? edit : followed(edit, whole);
    if (whole === undefined || splicesOf(whole, before, after) !== undefined) {
      break;
    }
  }
  return whole;
}
