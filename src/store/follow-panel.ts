/**
 * What may change how the cells of a notebook panel look: news in the store, cells that come or go,
 * and cells that come into view. One place that connects to all of it and lets go again.
 */
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';
import type { NotebookStore, StoreChange } from './notebook-store.js';

export interface PanelFollower {
  onNews(change: StoreChange): void;
  /** Cells were added, moved or removed. */
  onCells(): void;
  /** The page has the cell's content now. */
  onShown(cell: Cell): void;
}

/** Follows until disposed; safe also after the panel is gone. */
export function followPanel(
  panel: NotebookPanel,
  store: NotebookStore,
  follower: PanelFollower
): IDisposable {
  const news = (_store: unknown, change: StoreChange) => follower.onNews(change);
  const cells = () => follower.onCells();
  const shown = (_notebook: unknown, cell: Cell) => follower.onShown(cell);
  store.changed.connect(news);
  panel.content.cellInViewportChanged.connect(shown);
  panel.model?.cells.changed.connect(cells);
  return new DisposableDelegate(() => {
    store.changed.disconnect(news);
    if (!panel.isDisposed) {
      panel.content.cellInViewportChanged.disconnect(shown);
      panel.model?.cells.changed.disconnect(cells);
    }
  });
}
