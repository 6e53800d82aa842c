/**
 * A list of any number of lines in a box that scrolls: only the rows in view and some around are on
 * the page. With the keyboard in it, arrows, Page Up and Down, Home and End move.
 */
import type { IRenderMime } from '@jupyterlab/rendermime';
import type { IDisposable } from '@lumino/disposable';
import { DrawnLines } from './drawn-lines.js';
import { element } from './element.js';
import type { LinePages } from './line-pages.js';
import { ROW } from './line-rows.js';
import { type Marks, RowMarks } from './row-marks.js';
import { ScrollScale } from './scroll-scale.js';

/** Rows to keep ready on either side. */
const SPARE = 20;

export interface LineListOptions {
  readonly pages: LinePages;
  readonly sanitizer: IRenderMime.ISanitizer;
  readonly label: string;
}

export class LineList implements IDisposable {
  constructor(private readonly options: LineListOptions) {
    this.drawn = new DrawnLines(options.pages, options.sanitizer);
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'list');
    this.node.setAttribute('aria-label', options.label);
    this.room.append(this.rows);
    this.node.append(this.room);
    this.rows.setAttribute('role', 'presentation');
    this.room.setAttribute('role', 'presentation');
    this.node.addEventListener('scroll', () => this.onScroll());
    this.node.addEventListener('scrollend', () => this.place(this.scale.settle()));
    this.node.addEventListener('keydown', event => this.onKey(event));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.node);
  }

  readonly node = element('div', { className: 'jp-ColophonLines jp-RenderedText' });

  /** Whether the end is shown and is to be shown when there is more. */
  get followsEnd(): boolean {
    return this.following;
  }

  /** Lines came, or there are more now. */
  refresh(): void {
    this.drawn.refresh();
    this.resize();
  }

  showEnd(): void {
    this.following = true;
    this.place(this.scale.moveTo(Infinity));
    this.draw();
  }

  /** Brings a line into view, with some before it. */
  showLine(line: number): void {
    const top = line * this.rowHeight;
    const { clientHeight } = this.node;
    if (top < this.scale.top || top + this.rowHeight > this.scale.top + clientHeight) {
      this.following = false;
      this.place(this.scale.moveTo(top - clientHeight / 3));
    }
    this.draw();
  }

  /** Undefined: nothing is marked. */
  mark(marks: Marks | undefined): void {
    this.marks.set(marks);
  }

  /** Brings the current match into view sideways. */
  showMatch(): void {
    const box = this.node.getBoundingClientRect();
    const at = this.marks.current?.getBoundingClientRect();
    if (at !== undefined && (at.left < box.left + this.gutter || at.right > box.right)) {
      this.node.scrollLeft += at.left - box.left - box.width / 2;
    }
  }

  /** After it was taken from the page and put there again. */
  restore(): void {
    this.place(this.scale.settle());
    this.draw();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.observer.disconnect();
    this.marks.clear();
    this.node.remove();
  }

  private resize(): void {
    const { clientHeight } = this.node;
    if (clientHeight === 0 || this.disposed) {
      return; // Not on the page.
    }
    this.measure();
    const { total } = this.options.pages;
    const boxTop = this.scale.resize(total * this.rowHeight, clientHeight);
    this.room.style.height = `${this.scale.roomHeight}px`;
    this.node.style.setProperty('--jp-colophon-digits', `${String(total).length}`);
    this.place(this.following ? this.scale.moveTo(Infinity) : boxTop);
    this.draw();
  }

  private measure(): void {
    const probe = element('div', { className: ROW }, '0');
    this.rows.append(probe);
    this.rowHeight = probe.getBoundingClientRect().height || this.rowHeight;
    probe.remove();
  }

  private onScroll(): void {
    const { scrollTop } = this.node;
    if (Math.abs(scrollTop - this.placed) < 1) {
      return; // Our own doing, or sideways.
    }
    this.place(this.scale.scrolled(scrollTop));
    this.following = this.scale.isAtEnd;
    this.draw();
  }

  private place(boxTop: number): void {
    if (Math.abs(this.node.scrollTop - boxTop) >= 1) {
      this.node.scrollTop = boxTop;
    }
    this.placed = this.node.scrollTop;
    this.shift();
  }

  private shift(): void {
    const top = this.placed + this.drawnFrom * this.rowHeight - this.scale.top;
    this.rows.style.transform = `translateY(${top}px)`;
  }

  private onKey(event: KeyboardEvent): void {
    const page = Math.max(1, this.node.clientHeight - this.rowHeight);
    const by: Readonly<Record<string, number>> = {
      ArrowDown: this.rowHeight,
      ArrowUp: -this.rowHeight,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity
    };
    const distance = by[event.key];
    if (distance === undefined || event.altKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    this.place(this.scale.moveTo(this.scale.top + distance));
    this.following = this.scale.isAtEnd;
    this.draw();
  }

  private draw(): void {
    const { pages } = this.options;
    const { clientHeight } = this.node;
    if (clientHeight === 0 || this.disposed) {
      return;
    }
    const first = Math.floor(this.scale.top / this.rowHeight);
    const from = Math.max(0, first - SPARE);
    const to = Math.min(pages.total, first + Math.ceil(clientHeight / this.rowHeight) + SPARE);
    pages.want(from, to);
    const rows: HTMLElement[] = [];
    for (let line = from; line < to; line += 1) {
      rows.push(this.drawn.row(line));
    }
    if (
      rows.length !== this.rows.childElementCount ||
      rows.some((row, at) => row !== this.rows.children[at])
    ) {
      this.rows.replaceChildren(...rows);
    }
    this.drawnFrom = from;
    this.shift();
    this.marks.paint();
  }

  private get gutter(): number {
    const first = this.rows.firstElementChild;
    return first === null ? 0 : parseFloat(getComputedStyle(first).paddingLeft);
  }

  private disposed = false;
  private following = false;
  private rowHeight = 17;
  private drawnFrom = 0;
  /** Where the box was scrolled to by this list, or last seen. */
  private placed = 0;
  private readonly scale = new ScrollScale();
  private readonly room = element('div', { className: 'jp-ColophonLines-room' });
  private readonly rows = element('pre', { className: 'jp-ColophonLines-rows' });
  private readonly marks = new RowMarks(this.rows);
  private readonly drawn: DrawnLines;
  private readonly observer: ResizeObserver;
}
