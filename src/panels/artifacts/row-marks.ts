/** Marks in the rows on the page what was searched, and the current match another way. */
import type { Needle } from '../../client/artifact-api.js';
import { FoundText, rangesIn } from './found-text.js';

/** What to mark: the text, and the place of the current match: `nth` of its line, from 0. */
export interface Marks {
  readonly needle: Needle;
  readonly current: { readonly line: number; readonly nth: number } | undefined;
}

export class RowMarks {
  /** @param rows What holds the rows; each says its line, from 1, as `data-line`. */
  constructor(private readonly rows: HTMLElement) {}

  /** The current match, if it is on the page. */
  get current(): Range | undefined {
    return this.range;
  }

  /** Undefined: nothing is marked. */
  set(marks: Marks | undefined): void {
    this.marks = marks;
    this.paint();
  }

  /** Other rows are on the page now. */
  paint(): void {
    const { marks } = this;
    const ranges: Range[] = [];
    this.range = undefined;
    for (const row of this.rows.children) {
      const line = Number((row as HTMLElement).dataset['line']) - 1;
      const isCurrent = marks?.current?.line === line;
      row.classList.toggle('jp-mod-current', isCurrent);
      if (marks !== undefined) {
        const own = rangesIn(row, marks.needle);
        ranges.push(...own);
        this.range = isCurrent ? own[marks.current?.nth ?? 0] : this.range;
      }
    }
    this.found.mark(ranges, this.range);
  }

  clear(): void {
    this.found.clear();
  }

  private marks: Marks | undefined;
  private range: Range | undefined;
  private readonly found = new FoundText();
}
