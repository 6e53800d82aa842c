/**
 * Runs cells through the host instead of through the browser's own kernel connection. Notebooks that
 * are not collaborative, cells that are not code, and everything while the host is not running, go
 * JupyterLab's own way.
 *
 * The browser writes nothing about a run into the document: the agent does. The prompt `[*]` comes
 * from the store, so that no cell can be left with it when the browser goes away.
 */
import { runCell } from '@jupyterlab/notebook';
import type { INotebookCellExecutor } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import { sourceHash } from '../../agent/core/digest.js';
import type { NotebookStore } from '../store/notebook-store.js';
import { Gathering } from './gathering.js';
import { PendingRun, type RunCellOptions } from './pending-run.js';
import { checkSession } from './session-check.js';

/** Where the executor finds a notebook's store, and whom it tells about a run that was refused. */
export interface ExecutorOptions {
  /** The store of a collaborative notebook whose host runs; undefined for every other. */
  readonly storeFor: (notebook: RunCellOptions['notebook']) => Promise<NotebookStore | undefined>;
  /** The runs were not accepted; called once per gesture. */
  readonly onRefused: (store: NotebookStore, runs: readonly PendingRun[], reason: unknown) => void;
  readonly translator?: ITranslator;
}

export class CellExecutor implements INotebookCellExecutor {
  constructor(private readonly options: ExecutorOptions) {
    this.gestures = new Gathering((_notebook, runs) => {
      this.perform(runs).catch((reason: unknown) => runs.forEach(run => run.reject(reason)));
    });
  }

  /** As INotebookCellExecutor: true if all is well, false if it did not run, rejects with KernelError. */
  runCell(options: RunCellOptions): Promise<boolean> {
    if (options.cell.model.type !== 'code') {
      return runCell(options);
    }
    const run = new PendingRun(options);
    this.gestures.add(options.notebook, run);
    return run.result;
  }

  private async perform(runs: readonly PendingRun[]): Promise<void> {
    const [first] = runs;
    if (first === undefined) {
      return;
    }
    const store = await this.options.storeFor(first.options.notebook);
    if (store === undefined) {
      for (const run of runs) {
        runCell(run.options).then(
          result => run.settle(result),
          (reason: unknown) => run.reject(reason)
        );
      }
      return;
    }
    const trans = (this.options.translator ?? nullTranslator).load('jupyterlab');
    const { sessionContext, sessionDialogs } = first.options;
    const check = await checkSession(sessionContext, sessionDialogs, trans);
    if (check.kind === 'not-run') {
      for (const run of runs) {
        if (check.clear && !run.cell.isDisposed) {
          run.clear();
        }
        run.settle(check.result);
      }
      return;
    }
    await this.request(store, runs.filter(isStillThere));
  }

  private async request(store: NotebookStore, runs: readonly PendingRun[]): Promise<void> {
    runs.forEach(run => run.announce());
    const blank = runs.filter(run => run.source.trim() === '');
    for (const run of blank) {
      run.clear();
      run.succeed();
    }
    const real = runs.filter(run => !blank.includes(run));
    if (real.length === 0) {
      return;
    }
    const cells = real.map(run => ({ cellId: run.cellId, sourceHash: sourceHash(run.source) }));
    const prompts = store.hold(cells.map(({ cellId }) => cellId));
    real.forEach(run => run.prepare());
    try {
      const executionIds = await store.requestRuns(cells);
      await Promise.all(
        real.map(async (run, index) => {
          const executionId = executionIds[index];
          const finished = executionId && (await store.outcomes.of(executionId));
          prompts.release(run.cellId);
          await run.finish(finished);
        })
      );
    } catch (reason) {
      prompts.dispose();
      real.forEach(run => run.withdraw());
      this.options.onRefused(store, real, reason);
    }
  }

  private readonly gestures: Gathering<RunCellOptions['notebook'], PendingRun>;
}

function isStillThere(run: PendingRun): boolean {
  if (run.cell.isDisposed) {
    run.settle(false);
    return false;
  }
  return true;
}
