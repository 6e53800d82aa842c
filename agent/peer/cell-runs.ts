/**
 * The latest run of each cell in one room, so that what comes after a run's end still finds its cell,
 * as in JupyterLab: a thread that prints on, a display that another cell updates. Guarantees: a run's
 * late output ends with the cell's next run; a display is updated wherever it stands.
 */
import type * as Y from 'yjs';
import type { CellId } from '../../schema/index.js';
import { isOutput } from '../ports/runtime.js';
import type { CellRun, IopubMessage } from '../ports/runtime.js';
import { SharedCellRun } from './cell-run.js';

export class CellRuns {
  readonly #doc: Y.Doc;
  readonly #latest = new Map<CellId, SharedCellRun>();

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** A new run of the cell; the earlier one takes nothing any more. */
  open(cellId: CellId): CellRun {
    const run = new SharedCellRun(this.#doc, cellId);
    this.#latest.set(cellId, run);
    return run;
  }

  /** Writes the message's output into the cells of ended runs that it belongs to; mostly none. */
  takeLate(message: IopubMessage): void {
    if (!isOutput(message)) {
      return;
    }
    for (const run of this.#latest.values()) {
      const theirs =
        message.header.msg_type === 'update_display_data'
          ? run.shows(message)
          : run.ended === message.parent_header.msg_id;
      if (run.ended !== undefined && theirs) {
        run.takeLate(message);
      }
    }
  }
}
