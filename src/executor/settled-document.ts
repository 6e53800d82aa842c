/**
 * The news that a run ended comes by another way than its last outputs. Whoever waits for the end of
 * a run wants to read the outputs, so the document is given a moment to catch up.
 */
import type { ICodeCellModel } from '@jupyterlab/cells';

/** Longest wait in ms; afterwards the document is taken as it is. */
const PATIENCE = 2_000;

/** Settles once the cell is idle and bears the run's count, or after two seconds. Never rejects. */
export function documentShows(model: ICodeCellModel, executionCount: number | null): Promise<void> {
  const shows = () =>
    model.isDisposed ||
    (model.executionState !== 'running' &&
      (executionCount === null || model.executionCount === executionCount));
  if (shows()) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      model.stateChanged.disconnect(look);
      resolve();
    };
    const look = () => {
      if (shows()) {
        end();
      }
    };
    const timer = setTimeout(end, PATIENCE);
    model.stateChanged.connect(look);
  });
}
