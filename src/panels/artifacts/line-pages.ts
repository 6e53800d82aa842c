/**
 * The lines of a long text that are needed now, and some that were: read in pages, two at a time, and
 * let go again, so that a text of any length takes little memory. While the text grows, the page at
 * its end is read anew.
 */
import type { IDisposable } from '@lumino/disposable';
import type { LinePage } from '../../client/artifact-api.js';

export interface LinePagesOptions {
  readonly read: (from: number, count: number, signal: AbortSignal) => Promise<LinePage>;
  /** Lines came, the total changed, or reading failed. */
  readonly onChanged: () => void;
  /** Lines to read at once. */
  readonly pageSize?: number;
  /** Pages to hold, and UTF-16 units in them all. */
  readonly mostPages?: number;
  readonly mostText?: number;
}

interface Held {
  readonly lines: readonly string[];
  readonly length: number;
}

const AT_ONCE = 2;

export class LinePages implements IDisposable {
  constructor(private readonly options: LinePagesOptions) {
    this.pageSize = options.pageSize ?? 500;
  }

  readonly pageSize: number;

  /** Lines that are known to exist. */
  get total(): number {
    return this.count;
  }

  /** Why lines are missing; undefined while all goes well. */
  get trouble(): unknown {
    return this.failure;
  }

  get isReading(): boolean {
    return this.reading.size > 0;
  }

  /** The text has at least so many lines now; what was its end may have more. */
  grow(total: number): void {
    const last = Math.floor(Math.max(0, this.count - 1) / this.pageSize);
    if (total > this.count) {
      this.stale.add(last);
    }
    this.count = Math.max(this.count, total);
    this.readOn();
  }

  /** The text is complete: its end is read once more, whatever is held of it. */
  complete(total: number): void {
    this.stale.add(Math.floor(Math.max(0, this.count - 1) / this.pageSize));
    this.count = Math.max(this.count, total);
    this.readOn();
  }

  /** A line; undefined if it is not here yet. */
  line(index: number): string | undefined {
    return this.held.get(Math.floor(index / this.pageSize))?.lines[index % this.pageSize];
  }

  /** These lines are looked at now: missing ones are read, and soon those after them. */
  want(from: number, to: number): void {
    this.wanted = { from, to };
    this.readOn();
  }

  /** After a failure. */
  retry(): void {
    this.failure = undefined;
    this.readOn();
    this.options.onChanged();
  }

  get isDisposed(): boolean {
    return this.ending.signal.aborted;
  }

  dispose(): void {
    this.ending.abort();
    this.held.clear();
  }

  private readOn(): void {
    if (this.isDisposed || this.failure !== undefined) {
      return;
    }
    for (const page of this.wantedPages()) {
      if (this.reading.size >= AT_ONCE) {
        return;
      }
      if (this.reading.has(page)) {
        continue;
      }
      const held = this.held.get(page);
      if (held === undefined || this.stale.has(page)) {
        void this.read(page);
      } else {
        // Used: it is let go last.
        this.held.delete(page);
        this.held.set(page, held);
      }
    }
  }

  /** Those in view first, then the ones after and before. */
  private wantedPages(): number[] {
    const { from, to } = this.wanted;
    const last = Math.floor(Math.max(0, this.count - 1) / this.pageSize);
    const first = Math.min(Math.floor(Math.max(0, from) / this.pageSize), last);
    const end = Math.min(Math.floor(Math.max(from, to - 1) / this.pageSize), last);
    const pages = Array.from({ length: end - first + 1 }, (_, index) => first + index);
    return [...pages, end + 1, first - 1].filter(page => page >= 0 && page <= last);
  }

  private async read(page: number): Promise<void> {
    this.reading.add(page);
    this.stale.delete(page);
    try {
      const lines = await this.linesOf(page);
      if (this.isDisposed) {
        return;
      }
      const length = lines.reduce((sum, line) => sum + line.length, 0);
      this.held.delete(page);
      this.held.set(page, { lines, length });
      this.letGo();
    } catch (reason) {
      if (this.isDisposed) {
        return;
      }
      this.stale.add(page);
      this.failure = reason ?? new Error();
    } finally {
      this.reading.delete(page);
    }
    this.options.onChanged();
    this.readOn();
  }

  /** All lines of a page that there are; an answer may have fewer than were asked for. */
  private async linesOf(page: number): Promise<readonly string[]> {
    const start = page * this.pageSize;
    const all: string[] = [];
    for (;;) {
      const { lines, total } = await this.options.read(
        start + all.length,
        this.pageSize - all.length,
        this.ending.signal
      );
      all.push(...lines);
      this.count = Math.max(this.count, total);
      if (lines.length === 0 || all.length >= Math.min(this.pageSize, total - start)) {
        return all;
      }
    }
  }

  private letGo(): void {
    const { mostPages = 24, mostText = 16_000_000 } = this.options;
    const near = new Set(this.wantedPages());
    let text = [...this.held.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [page, { length }] of this.held) {
      if (this.held.size <= mostPages && text <= mostText) {
        return;
      }
      if (!near.has(page)) {
        this.held.delete(page);
        text -= length;
      }
    }
  }

  private count = 0;
  private wanted = { from: 0, to: 1 };
  private failure: unknown;
  /** By page, the one used last at the end. */
  private readonly held = new Map<number, Held>();
  private readonly stale = new Set<number>();
  private readonly reading = new Set<number>();
  private readonly ending = new AbortController();
}
