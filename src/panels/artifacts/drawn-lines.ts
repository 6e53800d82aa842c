/**
 * The rows of lines that are or were in view. They are drawn a block at a time, so that colours reach
 * over line ends, and kept as long as their lines cannot change: what somebody selects stays selected.
 */
import type { IRenderMime } from '@jupyterlab/rendermime';
import { element } from './element.js';
import type { LinePages } from './line-pages.js';
import { ROW, rowsOf } from './line-rows.js';

/** Lines that are drawn together, and how many such blocks are kept. */
const BLOCK = 100;
const MOST_BLOCKS = 12;

interface Block {
  readonly rows: readonly HTMLElement[];
  /** All its lines are there, and none of them can change. */
  readonly isSettled: boolean;
}

export class DrawnLines {
  constructor(
    private readonly pages: LinePages,
    private readonly sanitizer: IRenderMime.ISanitizer
  ) {}

  /** Lines came, or there are more now. */
  refresh(): void {
    for (const [number, { isSettled }] of this.blocks) {
      if (!isSettled) {
        this.blocks.delete(number);
      }
    }
  }

  /** The row of a line; of one that is not here yet a place for it. */
  row(line: number): HTMLElement {
    const number = Math.floor(line / BLOCK);
    const block = this.blocks.get(number) ?? this.draw(number);
    this.blocks.delete(number);
    this.blocks.set(number, block);
    for (const old of this.blocks.keys()) {
      if (this.blocks.size <= MOST_BLOCKS) {
        break;
      }
      this.blocks.delete(old);
    }
    return block.rows[line % BLOCK] ?? element('div', { className: ROW });
  }

  private draw(number: number): Block {
    const { pages, sanitizer } = this;
    const start = number * BLOCK;
    const count = Math.min(BLOCK, pages.total - start);
    const lines = Array.from({ length: count }, (_, index) => pages.line(start + index));
    const isThere = lines.every(line => line !== undefined);
    const rows = rowsOf(isThere ? lines : lines.map(line => line ?? '…'), sanitizer);
    rows.forEach((row, index) => {
      row.dataset['line'] = String(start + index + 1);
      row.setAttribute('role', 'listitem');
      row.setAttribute('aria-posinset', String(start + index + 1));
      row.setAttribute('aria-setsize', String(pages.total));
    });
    return { rows, isSettled: isThere && start + BLOCK < pages.total };
  }

  /** By block of lines, the one used last at the end. */
  private readonly blocks = new Map<number, Block>();
}
