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
import { laneKey } from './lanes.js';
import type { LaneAspect, Lanes } from './lanes.js';

export class LastTouches {
  readonly #touches = new Map<string, StoredUpdate>();

  /** The update changed these cells; a later one counts in place of an earlier one. */
  note(cells: readonly ChangedCell[], update: StoredUpdate): void {
    lanesOf(cells, update)?.forEach(lane => this.#touches.set(laneKey(lane), update));
  }

  /** Opens lanes for what `known` lacks of a cell; returns the cell without it. */
  pendAgain(cell: CellState, known: CellState, lanes: Lanes): CellState {
    const { cellId } = cell;
    const pend = (aspect: LaneAspect, facts: readonly Fact[]): boolean => {
      const update = this.#touches.get(laneKey({ cellId, aspect }));
      if (facts.length === 0 || update === undefined) {
        return false;
      }
      lanes.extend({ cellId, aspect }, update);
      return true;
    };
    const source = pend('source', diffSource(known, cell.source)) ? known.source : cell.source;
    const grown = diffOutputs(cellId, known.outputs, cell.outputs);
    const outputs = pend('outputs', grown) ? known.outputs : cell.outputs;
    return { ...cell, source, outputs };
  }
}
