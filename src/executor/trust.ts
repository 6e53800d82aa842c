/**
 * Makes the outputs of a run trusted in every browser that shows the notebook, not only in the one
 * that asked for it, so that HTML and scripts of a fresh output are shown as they are meant.
 *
 * The runtime marks the cell as trusted in the document while it empties the outputs. JupyterLab
 * reads that mark only when a notebook is opened; setting it on a cell that has outputs would make
 * this browser write all of them into the document anew. So it is taken over at the moment when the
 * run begins and the outputs are empty: then nothing is written.
 */
import type { ICellModel } from '@jupyterlab/cells';
import { CodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

export class Trust implements IDisposable {
  constructor(private readonly panel: NotebookPanel) {
    panel.model?.cells.changed.connect(this.follow, this);
    this.follow();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (!this.disposed) {
      this.disposed = true;
      Signal.clearData(this);
    }
  }

  private follow(): void {
    for (const cell of this.panel.model?.cells ?? []) {
      if (cell instanceof CodeCellModel) {
        cell.stateChanged.connect(this.onStateChanged, this);
      }
    }
  }

  private onStateChanged(cell: ICellModel, change: { name: string }): void {
    if (
      change.name === 'executionState' &&
      cell instanceof CodeCellModel &&
      !cell.trusted &&
      cell.outputs.length === 0 &&
      cell.getMetadata('trusted') === true
    ) {
      cell.trusted = true;
    }
  }

  private disposed = false;
}
