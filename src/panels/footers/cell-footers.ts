/**
 * One quiet line at the foot of each code cell of a notebook panel. Only the cells of a change are
 * touched, and only those that exist on the page: a windowed notebook builds a cell when it scrolls
 * into view. The clock ticks only while something runs.
 */
import type { Cell } from '@jupyterlab/cells';
import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { CellId } from '../../../schema/index.js';
import type { NotebookStore, StoreChange } from '../../store/notebook-store.js';
import { factsOf } from '../../store/cell-facts.js';
import { followPanel } from '../../store/follow-panel.js';
import { footerLine } from '../../words/cell-facts.js';
import { removeLine, showLine } from './footer-line.js';

const TICK = 1_000;

export class CellFooters implements IDisposable {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly store: NotebookStore,
    private readonly trans: TranslationBundle
  ) {
    this.following = followPanel(panel, store, {
      onNews: change => this.onChanged(change),
      onCells: () => this.scheduleSweep(),
      onShown: cell => this.show(cell)
    });
    panel.disposed.connect(this.dispose, this);
    this.sweep();
  }

  get isDisposed(): boolean {
    return this.following.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.following.dispose();
    clearInterval(this.clock);
    cancelAnimationFrame(this.sweepScheduled ?? 0);
    this.panel.disposed.disconnect(this.dispose, this);
    if (!this.panel.isDisposed) {
      this.panel.content.widgets.forEach(removeLine);
    }
  }

  private onChanged({ cells }: StoreChange): void {
    if (cells.size === 0) {
      return;
    }
    for (const cell of this.panel.content.widgets) {
      // A windowed notebook takes cells out of the page; they are shown when they come back.
      if (cells.has(cell.model.id as CellId) && cell.node.isConnected) {
        this.show(cell);
      }
    }
    this.keepTime();
  }

  /** Cells came or went: bring the new ones up to date, once they have a foot. */
  private scheduleSweep(): void {
    this.sweepScheduled ??= requestAnimationFrame(() => {
      this.sweepScheduled = undefined;
      this.sweep();
    });
  }

  private sweep(): void {
    if (this.isDisposed) {
      return;
    }
    for (const cell of this.panel.content.widgets) {
      if (!this.seen.has(cell) && cell instanceof CodeCell) {
        this.seen.add(cell);
        void cell.ready.then(() => this.show(cell));
        this.show(cell);
      }
    }
    this.keepTime();
  }

  private show(cell: Cell): void {
    // A cell that is being removed loses its model first.
    if (this.isDisposed || !(cell instanceof CodeCell) || cell.model?.isDisposed !== false) {
      return;
    }
    const facts = factsOf(this.store, cell.model.id as CellId);
    showLine(cell, footerLine(facts, Date.now(), this.trans));
  }

  private keepTime(): void {
    const running = this.store.views.running;
    if (running === undefined) {
      clearInterval(this.clock);
      this.clock = undefined;
      return;
    }
    this.clock ??= setInterval(() => this.onTick(), TICK);
  }

  private onTick(): void {
    const running = this.store.views.running;
    const cell = this.panel.content.widgets.find(({ model }) => model.id === running?.cellId);
    if (cell !== undefined && !this.panel.isHidden) {
      this.show(cell);
    }
  }

  private readonly following: IDisposable;
  private sweepScheduled: number | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;
  private readonly seen = new WeakSet<Cell>();
}
