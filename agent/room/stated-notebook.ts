/**
 * The notebook as it has been stated: every fact is folded into it as it becomes a draft, and what a
 * reading of the room has beyond it becomes facts. Guarantees: the drafts, folded over what was known at
 * first, give `state`; every draft has one author.
 */
import type { CellId, Draft, Fact, Timestamp } from '../../schema/index.js';
import { diffCell, diffNotebook, diffOutputs, diffSource } from '../core/notebook/diff.js';
import { evolveNotebook } from '../core/notebook/evolve.js';
import { cellOf } from '../core/notebook/state.js';
import type { CellState, NotebookState } from '../core/notebook/state.js';
import type { Attribution } from '../ports/mirror.js';
import { splicesOfChange, type Change } from './change.js';
import type { LaneTouch } from './lanes.js';
import { cellStateOf } from './live-notebook.js';
import type { LiveState } from './live-notebook.js';
import { splicesOf } from './source-edit.js';

/** Author and time of facts, and the last update that they cover. */
export type Stamp = Attribution & { readonly at: Timestamp; readonly number: number };

export class StatedNotebook {
  #known: NotebookState;

  constructor(known: NotebookState) {
    this.#known = known;
  }

  get state(): NotebookState {
    return this.#known;
  }

  cell(cellId: CellId): CellState | undefined {
    return cellOf(this.#known, cellId);
  }

  /** Facts by one author as drafts. */
  take(facts: readonly Fact[], { at, actor, assurance, number }: Stamp): Draft[] {
    return facts.map(fact => {
      this.#known = evolveNotebook(this.#known, fact);
      return { ...fact, at, actor, assurance, ...(number > 0 ? { through: number } : {}) };
    });
  }

  /** What `live` has beyond it. */
  lacks(live: LiveState): Fact[] {
    return diffNotebook(this.#known, this.#readingOf(live));
  }

  /** What `live` has beyond it in one lane; nothing if either has no such cell. */
  lacksInLane({ cellId, aspect, edit }: LaneTouch, live: LiveState): Fact[] {
    const known = this.cell(cellId);
    const now = live.cells.find(cell => cell.cellId === cellId);
    if (known === undefined || now === undefined) {
      return [];
    }
    return aspect === 'source'
      ? diffSource(known, now.body.source, (_, before, after) => splicesOf(edit, before, after))
      : diffOutputs(cellId, known.outputs, cellStateOf(now).outputs);
  }

  /** What this change, which led to `after`, brought beyond it. */
  lacksOf(change: Change, after: LiveState): Fact[] {
    const splices = splicesOfChange(change);
    if (change.order || change.head) {
      const read = new Set(change.cells.map(({ cellId }) => cellId));
      return diffNotebook(this.#known, this.#readingOf(after, read), splices);
    }
    return change.cells.flatMap(({ cellId, after: cell }) => {
      const known = this.cell(cellId);
      return known === undefined || cell === undefined
        ? []
        : diffCell(known, cellStateOf(cell), splices);
    });
  }

  /** The notebook as it is read; cells not in `read` as they are known. */
  #readingOf(live: LiveState, read?: ReadonlySet<CellId>): NotebookState {
    const known = new Map(this.#known.cells.map(cell => [cell.cellId, cell]));
    return {
      path: this.#known.path,
      ...live.head,
      cells: live.cells.map(cell =>
        read?.has(cell.cellId) === false
          ? (known.get(cell.cellId) ?? cellStateOf(cell))
          : cellStateOf(cell)
      )
    };
  }
}
