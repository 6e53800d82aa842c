/**
 * Shows `[*]` at every cell of a notebook panel that waits or runs, whoever asked for it and from
 * whichever browser. Local to this view; the document is not touched. Costs nothing for the other
 * cells.
 */
import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { CellId } from '../../schema/index.js';
import { followPanel } from '../store/follow-panel.js';
import type { NotebookStore } from '../store/notebook-store.js';

export class Prompts implements IDisposable {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly store: NotebookStore
  ) {
    this.following = followPanel(panel, store, {
      onNews: () => this.refresh(),
      onCells: () => this.refresh(),
      onShown: ({ model }) => this.mark(model)
    });
    this.refresh();
  }

  get isDisposed(): boolean {
    return this.following.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.following.dispose();
    for (const cell of this.marked.values()) {
      this.unmark(cell);
    }
    this.marked.clear();
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
        cell.model.stateChanged.connect(this.mark, this);
        cell.setPrompt('*');
      }
    }
  }

  private unmark(cell: CodeCell): void {
    if (cell.isDisposed) {
      return;
    }
    cell.model.stateChanged.disconnect(this.mark, this);
    const { executionState, executionCount } = cell.model;
    cell.setPrompt(executionState === 'running' ? '*' : `${executionCount ?? ''}`);
  }

  /** The cell has just set its prompt from the document, or built its input anew. */
  private mark(model: { id: string }): void {
    this.marked.get(model.id as CellId)?.setPrompt('*');
  }

  private readonly following: IDisposable;
  private readonly marked = new Map<CellId, CodeCell>();
}
