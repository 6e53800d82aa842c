/** Files read by lines. Where lines begin is kept of those that were read last. */
import type { LinePage, MatchPage, SearchQuery } from '../ports/artifacts.js';
import { LineIndex } from './line-index.js';
import { readLines, searchLines } from './line-pages.js';
import { openFile, type OpenFile } from './open-file.js';

const KEPT = 16;

export class TextFiles {
  readonly #now: () => number;
  readonly #indexes = new Map<string, LineIndex>();

  /** `now`: a clock in ms, for what is bounded in time. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What was read of the file holds no more. */
  forget(path: string): void {
    this.#indexes.delete(path);
  }

  lines(
    path: string | undefined,
    range: { readonly from: number; readonly count: number }
  ): Promise<LinePage | null> {
    return this.#read(path, ({ file, size }, index) => readLines(file, index, size, range));
  }

  search(path: string | undefined, query: SearchQuery): Promise<MatchPage | null> {
    return this.#read(path, ({ file, size }, index) =>
      searchLines(file, index, size, query, this.#now)
    );
  }

  async #read<T>(
    path: string | undefined,
    work: (opened: OpenFile, index: LineIndex) => Promise<T>
  ): Promise<T | null> {
    const opened = await openFile(path);
    if (opened === null) {
      return null;
    }
    try {
      const index = this.#indexOf(opened.path);
      await index.extend(opened.file, opened.size);
      return await work(opened, index);
    } finally {
      await opened.file.close();
    }
  }

  #indexOf(path: string): LineIndex {
    const index = this.#indexes.get(path) ?? new LineIndex();
    this.#indexes.delete(path);
    this.#indexes.set(path, index);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > KEPT && oldest !== undefined) {
      this.#indexes.delete(oldest);
    }
    return index;
  }
}
