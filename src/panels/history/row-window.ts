/**
 * Which rows of a long list are to be on the page: those in view and some around. A row that was
 * drawn has its own height; the others count as one of the usual height.
 */

/** Where a row stands, in px. */
export interface RowWindow {
  /** First row on the page, and the row after the last. */
  readonly from: number;
  readonly to: number;
  /** Height of what is above and below. */
  readonly above: number;
  readonly below: number;
}

/** What the window depends on. Lengths in px. */
export interface RowWindowOptions {
  readonly count: number;
  /** Of a row that was not drawn yet. */
  readonly rowHeight: number;
  /** Heights that differ, by row. */
  readonly heights: ReadonlyMap<number, number>;
  readonly scrollTop: number;
  readonly viewHeight: number;
  /** Rows to keep ready on either side. */
  readonly spare: number;
}

export function rowWindow(options: RowWindowOptions): RowWindow {
  const { count, scrollTop, viewHeight, spare } = options;
  const first = rowAt(options, scrollTop);
  const last = rowAt(options, scrollTop + viewHeight);
  const from = Math.max(0, first - spare);
  const to = Math.min(count, last + 1 + spare);
  return {
    from,
    to,
    above: topOf(options, from),
    below: topOf(options, count) - topOf(options, to)
  };
}

/** Distance of a row's top from the list's top; `index` may be the count. */
export function topOf(
  { rowHeight, heights }: Pick<RowWindowOptions, 'rowHeight' | 'heights'>,
  index: number
): number {
  let top = index * rowHeight;
  for (const [row, height] of heights) {
    if (row < index) {
      top += height - rowHeight;
    }
  }
  return top;
}

/** The row at this distance; the last one beyond the end. */
function rowAt(options: RowWindowOptions, distance: number): number {
  let low = 0;
  let high = Math.max(0, options.count - 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (topOf(options, middle) <= distance) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
