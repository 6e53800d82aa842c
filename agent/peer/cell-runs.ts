/**
 * The latest run of each cell in one room, so that what comes after a run's end still finds its cell,
 * as in JupyterLab: a thread that prints on, a display that another cell updates or shows again.
 * Guarantees: a run's late output ends with the cell's next run; a display is updated wherever it stands.
 */
import type * as Y from 'yjs';
import type { CellId } from '../../schema/index.js';
import { asUpdate } from '../core/outputs/output-message.js';
import { isOutput } from '../ports/runtime.js';
import type { CellRun, IopubMessage, TapPosition } from '../ports/runtime.js';
import { SharedCellRun } from './cell-run.js';
import type { Outside } from './run-outputs.js';

export class CellRuns {
  readonly #doc: Y.Doc;
  readonly #outside: Outside | undefined;
  readonly #latest = new Map<CellId, SharedCellRun>();

  /** Without `outside` everything is kept in the document. */
  constructor(doc: Y.Doc, outside?: Outside) {
    this.#doc = doc;
    this.#outside = outside;
  }

  /** A new run of the cell; the earlier one takes nothing any more. */
  open(cellId: CellId): CellRun {
    this.#latest.get(cellId)?.replaced();
    const run = new SharedCellRun(this.#doc, cellId, this.#outside);
    this.#latest.set(cellId, run);
    return run;
  }

  /** Writes the message's output into the cells of ended runs that it belongs to; mostly none. */
  takeLate(message: IopubMessage, at?: TapPosition): void {
    if (!isOutput(message)) {
      return;
    }
    const update = asUpdate(message);
    for (const run of this.#latest.values()) {
      if (run.ended === undefined) {
        continue;
      }
      const isUpdate = message.header.msg_type === 'update_display_data';
      if (!isUpdate && run.ended === message.parent_header.msg_id) {
        run.takeLate(message, at);
      } else if (update !== undefined && run.shows(update)) {
        run.takeLate(update, at);
      }
    }
  }
}
