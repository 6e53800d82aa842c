/**
 * Makes the outputs of a run trusted in every browser that shows the notebook, not only in the one
 * that asked for it, so that HTML and scripts of a fresh output are shown as they are meant.
 *
 * The runtime marks the cell as trusted in the document while it empties the outputs. JupyterLab
 * reads that mark only when a notebook is opened; setting it on a cell that has outputs would make
 * this browser write all of them into the document anew. So it is taken over when nothing is written:
 * while the outputs are empty, as soon as the mark comes or when the run begins, or, in a page that was
 * away then, while JupyterLab takes the outputs over from the document. The mark comes before outputs
 * that the same change brings, so these are not drawn twice.
 */
import type { ICellModel } from '@jupyterlab/cells';
import { CodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { JSONExt } from '@lumino/coreutils';
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
        this.cells.set(cell.outputs, cell);
        cell.metadataChanged.connect(this.onBegin, this);
        cell.stateChanged.connect(this.onBegin, this);
        cell.outputs.changed.connect(this.onOutputsChanged, this);
      }
    }
  }

  private onBegin(cell: ICellModel): void {
    if (cell instanceof CodeCellModel && cell.outputs.length === 0 && isMarked(cell)) {
      cell.trusted = true;
    }
  }

  private onOutputsChanged(outputs: Outputs): void {
    const cell = this.cells.get(outputs);
    // Not before all are those of the run: the older ones are not trusted by it.
    if (cell !== undefined && isMarked(cell) && showsDocument(cell)) {
      cell.trusted = true;
    }
  }

  private readonly cells = new WeakMap<Outputs, CodeCellModel>();
  private disposed = false;
}

type Outputs = CodeCellModel['outputs'];

/** Trusted in the document and not yet here. */
function isMarked(cell: CodeCellModel): boolean {
  return !cell.trusted && cell.getMetadata('trusted') === true;
}

function showsDocument(cell: CodeCellModel): boolean {
  return JSONExt.deepEqual(cell.outputs.toJSON(), cell.sharedModel.getOutputs());
}
