/** Where each cell stands in the notebook. People count cells from 1; the journal knows only ids. */
import type { INotebookModel } from '@jupyterlab/notebook';
import type { CellId } from '../../schema/index.js';

/** Position by cell id, from 1. A cell that is gone is absent. */
export type CellPlaces = ReadonlyMap<CellId, number>;

const known = new WeakMap<INotebookModel, CellPlaces>();

/** The places now; the same map as long as no cell came, went or moved. */
export function cellPlaces(model: INotebookModel): CellPlaces {
  const places = new Map<CellId, number>();
  let index = 0;
  for (const cell of model.cells) {
    index += 1;
    places.set(cell.id as CellId, index);
  }
  const before = known.get(model);
  if (before !== undefined && before.size === places.size) {
    if ([...places].every(([cellId, place]) => before.get(cellId) === place)) {
      return before;
    }
  }
  known.set(model, places);
  return places;
}
