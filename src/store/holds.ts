/**
 * Cells that this browser has asked to run and that the journal does not know of yet, or not any
 * more. The prompt `[*]` shows between the key press and the first event.
 */
import type { IDisposable } from '@lumino/disposable';
import type { CellId } from '../../schema/index.js';

export class Holds {
  constructor(private readonly onChanged: () => void) {}

  /** Hold these cells until each is released, or all are by dispose. */
  hold(cellIds: readonly CellId[]): Hold {
    const hold = new Hold(new Set(cellIds), emptied => {
      if (emptied) {
        this.open.delete(hold);
      }
      this.onChanged();
    });
    this.open.add(hold);
    this.onChanged();
    return hold;
  }

  /** Every cell that is held. */
  get cellIds(): ReadonlySet<CellId> {
    return new Set([...this.open].flatMap(hold => [...hold.cellIds]));
  }

  private readonly open = new Set<Hold>();
}

export class Hold implements IDisposable {
  constructor(
    readonly cellIds: Set<CellId>,
    private readonly onReleased: (emptied: boolean) => void
  ) {}

  get isDisposed(): boolean {
    return this.cellIds.size === 0;
  }

  release(cellId: CellId): void {
    if (this.cellIds.delete(cellId)) {
      this.onReleased(this.isDisposed);
    }
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.cellIds.clear();
      this.onReleased(true);
    }
  }
}
