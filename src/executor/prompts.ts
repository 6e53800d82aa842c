/**
 * Shows `[*]` at every cell of a notebook panel that waits or runs, whoever asked for it and from
 * whichever browser. Local to this view; the document is not touched. Costs nothing for the other
 * cells.
 */
import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { CellId } from '../../schema/index.js';
import type { NotebookStore } from '../store/notebook-store.js';

export class Prompts implements IDisposable {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly store: NotebookStore
  ) {
    store.changed.connect(this.refresh, this);
    panel.content.cellInViewportChanged.connect(this.onShown, this);
    panel.model?.cells.changed.connect(this.refresh, this);
    this.refresh();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.store.changed.disconnect(this.refresh, this);
    for (const cell of this.marked.values()) {
      this.unmark(cell);
    }
    this.marked.clear();
    if (!this.panel.isDisposed) {
      this.panel.content.cellInViewportChanged.disconnect(this.onShown, this);
      this.panel.model?.cells.changed.disconnect(this.refresh, this);
    }
  }

  private refresh(): void {
    const active = this.store.activeCells;
    for (const [cellId, cell] of this.marked) {
      if (!active.has(cellId) || cell.isDisposed) {
        this.marked.delete(cellId);
        this.unmark(cell);
      }
    }
    if (active.size === this.marked.size) {
      return;
    }
    for (const cell of this.panel.content.widgets) {
      const cellId = cell.model.id as CellId;
      if (active.has(cellId) && !this.marked.has(cellId) && cell instanceof CodeCell) {
        this.marked.set(cellId, cell);
        cell.model.stateChanged.connect(this.onStateChanged, this);
        cell.setPrompt('*');
      }
    }
  }

  private unmark(cell: CodeCell): void {
    if (cell.isDisposed) {
      return;
    }
    cell.model.stateChanged.disconnect(this.onStateChanged, this);
    const { executionState, executionCount } = cell.model;
    cell.setPrompt(executionState === 'running' ? '*' : `${executionCount ?? ''}`);
  }

  /** The cell has just set its prompt from the document, or built its input anew. */
  private onStateChanged(model: { id: string }): void {
    this.marked.get(model.id as CellId)?.setPrompt('*');
  }

  private onShown(_notebook: unknown, cell: { model: { id: string } }): void {
    this.marked.get(cell.model.id as CellId)?.setPrompt('*');
  }

  private disposed = false;
  private readonly marked = new Map<CellId, CodeCell>();
}
