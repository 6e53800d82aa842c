/** From an entry of the history to the cell that it is about. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { CellId } from '../../schema/index.js';

/** Select the cell and scroll to it; false if it is no longer there. The focus stays where it is. */
export function goToCell(panel: NotebookPanel, cellId: CellId): boolean {
  const { content } = panel;
  const index = content.widgets.findIndex(cell => cell.model.id === cellId);
  if (index === -1) {
    return false;
  }
  content.mode = 'command';
  content.deselectAll();
  content.activeCellIndex = index;
  content.scrollToItem(index, 'smart').catch(() => {
    // The cell went away, or the notebook was closed, while it scrolled.
  });
  return true;
}
