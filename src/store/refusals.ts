/**
 * Why this browser's last attempts to run cells were refused. A refusal is told until the cell is asked
 * for again, here or in any other page: from then on the run is what there is to say.
 */
import type { CellId, Event } from '../../schema/index.js';

export class Refusals {
  /** The reason in words; undefined if the last attempt was not refused. */
  of(cellId: CellId): string | undefined {
    return this.reasons.get(cellId);
  }

  note(cellIds: readonly CellId[], detail: string): void {
    cellIds.forEach(cellId => this.reasons.set(cellId, detail));
  }

  forget(cellIds: readonly CellId[]): void {
    cellIds.forEach(cellId => this.reasons.delete(cellId));
  }

  /** Forgets all; gives the cells that had one. */
  clear(): readonly CellId[] {
    const cellIds = [...this.reasons.keys()];
    this.reasons.clear();
    return cellIds;
  }

  /** What is requested now is refused no longer. */
  take(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === 'execution.requested') {
        this.reasons.delete(event.data.cellId);
      }
    }
  }

  private readonly reasons = new Map<CellId, string>();
}
