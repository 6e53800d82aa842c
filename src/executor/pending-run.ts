/**
 * One call of runCell that waits for its answer. It keeps JupyterLab's contract towards the caller:
 * the callbacks in their order, the promise's value, and a KernelError for an error of the kernel.
 */
import type { Cell, CodeCell } from '@jupyterlab/cells';
import { CodeCellModel } from '@jupyterlab/cells';
import type { INotebookCellExecutor } from '@jupyterlab/notebook';
import { KernelError } from '@jupyterlab/notebook';
import { PromiseDelegate } from '@lumino/coreutils';
import type { CellId } from '../../schema/index.js';
import type { Finished } from '../store/outcomes.js';
import { documentShows } from './settled-document.js';

export type RunCellOptions = INotebookCellExecutor.IRunCellOptions;

export class PendingRun {
  constructor(readonly options: RunCellOptions) {}

  /** What runCell returns. */
  get result(): Promise<boolean> {
    return this.answer.promise;
  }

  get cell(): CodeCell {
    return this.options.cell as CodeCell;
  }

  get cellId(): CellId {
    return this.options.cell.model.sharedModel.getId() as CellId;
  }

  /** The source as its author sees it now. */
  get source(): string {
    return this.options.cell.model.sharedModel.getSource();
  }

  /** Tell the caller that the cell is about to run. */
  announce(): void {
    this.options.onCellExecutionScheduled({ cell: this.options.cell });
  }

  /** What JupyterLab does to a cell that it is about to run, short of what the agent does. */
  prepare(): void {
    const { cell } = this;
    cell.outputHidden = false;
    this.wasDirty = cell.model.isDirty;
    setDirty(cell, false);
  }

  /** Nothing was run: as it was before. */
  withdraw(): void {
    if (!this.cell.isDisposed && this.wasDirty) {
      setDirty(this.cell, true);
    }
    this.answer.resolve(false);
  }

  /** Nothing is to be run: empty the outputs, as JupyterLab does, and answer. */
  clear(): void {
    this.cell.model.sharedModel.transact(() => {
      this.cell.model.clearExecution();
    }, false);
  }

  /** Answer without a run. */
  settle(result: boolean): void {
    this.answer.resolve(result);
  }

  /** JupyterLab's own way of running failed: pass its error on. */
  reject(reason: unknown): void {
    this.answer.reject(reason);
  }

  /** Tell that an empty cell was "run". */
  succeed(): void {
    this.options.onCellExecuted({ cell: this.options.cell, success: true });
    this.answer.resolve(true);
  }

  /** The run ended; `undefined` if that will never be known. Settles once the document shows it. */
  async finish(finished: Finished | undefined): Promise<void> {
    if (finished !== undefined && !this.cell.isDisposed) {
      await documentShows(this.cell.model, finished.data.executionCount);
    }
    if (finished === undefined || this.cell.isDisposed) {
      this.answer.resolve(false);
      return;
    }
    const { outcome, error } = finished.data;
    if (outcome === 'ok') {
      this.options.notebook.deletedCells.splice(0);
      this.succeed();
      return;
    }
    if (error === undefined) {
      this.answer.resolve(false); // Cancelled, or the kernel went away: JupyterLab is silent as well.
      return;
    }
    this.fail(new KernelError({ status: 'error', ...error, traceback: [], execution_count: 0 }));
  }

  private fail(error: KernelError): void {
    const { cell, onCellExecuted } = this.options;
    onCellExecuted({ cell, success: false, error });
    if (raisesException(cell)) {
      // The others of the gesture go on. A rejection would make JupyterLab reset their prompts.
      this.answer.resolve(false);
    } else {
      this.answer.reject(error);
    }
  }

  private wasDirty = false;
  private readonly answer = new PromiseDelegate<boolean>();
}

function setDirty(cell: CodeCell, dirty: boolean): void {
  if (cell.model instanceof CodeCellModel) {
    cell.model.isDirty = dirty;
  }
}

function raisesException(cell: Cell): boolean {
  const tags: unknown = cell.model.getMetadata('tags');
  return Array.isArray(tags) && tags.includes('raises-exception');
}
