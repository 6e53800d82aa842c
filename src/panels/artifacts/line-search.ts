/**
 * The places where a text occurs in a long output, found by the host page by page: the first ones at
 * once, more when they are asked for, those that are added while the output grows when it has grown.
 */
import type { IDisposable } from '@lumino/disposable';
import type { Match, MatchPage, Needle } from '../../client/artifact-api.js';

export interface LineSearchOptions {
  readonly search: (
    needle: Needle,
    from: number,
    limit: number,
    signal: AbortSignal
  ) => Promise<MatchPage>;
  /** Lines of the output by now. */
  readonly total: () => number;
  readonly onChanged: () => void;
  /** There is a current match now, the same again or another one: it is to be shown. */
  readonly onChosen: () => void;
  /** How many to find before somebody asks for more. */
  readonly atOnce?: number;
}

const LIMIT = 200;

export class LineSearch implements IDisposable {
  constructor(private readonly options: LineSearchOptions) {}

  /** What is searched; undefined if nothing is. */
  get needle(): Needle | undefined {
    return this.sought;
  }

  /** Ascending. */
  get matches(): readonly Match[] {
    return this.found;
  }

  /** Place of the current one among them; -1 if there is none. */
  get current(): number {
    return this.chosen;
  }

  /** All that is there was looked through. */
  get isComplete(): boolean {
    return this.next === null;
  }

  get isSearching(): boolean {
    return this.asking !== undefined;
  }

  get trouble(): unknown {
    return this.failure;
  }

  /** Search anew; an empty text ends the search. */
  start(needle: Needle): void {
    this.asking?.abort();
    this.asking = undefined;
    this.found = [];
    this.chosen = -1;
    this.failure = undefined;
    this.next = 0;
    this.sought = needle.text === '' ? undefined : needle;
    this.wanted = this.options.atOnce ?? 1_000;
    void this.goOn();
    this.options.onChanged();
  }

  /** Choose the next or the previous one, around the end once all are known. */
  async step(by: 1 | -1): Promise<void> {
    const needle = this.sought;
    if (by === 1 && this.chosen === this.found.length - 1 && this.next !== null) {
      this.wanted = this.found.length + (this.options.atOnce ?? 1_000);
      await this.goOn();
    }
    const { length } = this.found;
    if (length > 0 && needle === this.sought && !this.isDisposed) {
      this.chosen = (this.chosen + by + length) % length;
      this.options.onChanged();
      this.options.onChosen();
    }
  }

  /** The output is longer now. */
  grown(): void {
    if (this.sought !== undefined && this.next === null && this.failure === undefined) {
      this.next = this.seenTo;
      this.wanted = Math.max(this.wanted, this.found.length + 1);
      void this.goOn();
    }
  }

  retry(): void {
    this.failure = undefined;
    void this.goOn();
    this.options.onChanged();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.asking?.abort();
  }

  /** One search at a time; whoever asks meanwhile waits for the same. */
  private goOn(): Promise<void> {
    this.going = this.asking === undefined ? this.ask() : this.going;
    return this.going;
  }

  private async ask(): Promise<void> {
    const needle = this.sought;
    const asking = new AbortController();
    this.asking = asking;
    const isMine = () => this.asking === asking && !this.disposed;
    try {
      while (
        needle !== undefined &&
        this.next !== null &&
        this.found.length < this.wanted &&
        isMine()
      ) {
        const total = this.options.total();
        const page = await this.options.search(needle, this.next, LIMIT, asking.signal);
        if (!isMine()) {
          return;
        }
        const isFirst = this.chosen === -1;
        this.take(page, total);
        this.options.onChanged();
        if (isFirst && this.found.length > 0) {
          this.options.onChosen();
        }
      }
    } catch (reason) {
      if (isMine()) {
        this.failure = reason ?? new Error();
      }
    }
    if (isMine()) {
      this.asking = undefined;
      this.options.onChanged();
    }
  }

  private take({ matches, next }: MatchPage, total: number): void {
    const last = this.found.at(-1);
    const isNew = ({ line, at }: Match) =>
      last === undefined || line > last.line || (line === last.line && at > last.at);
    this.found = [...this.found, ...matches.filter(isNew)];
    this.next = next;
    if (next === null) {
      // The last line may have been cut off in the middle.
      this.seenTo = Math.max(0, total - 1);
    }
    if (this.chosen === -1 && this.found.length > 0) {
      this.chosen = 0;
    }
  }

  private sought: Needle | undefined;
  private found: readonly Match[] = [];
  private chosen = -1;
  private next: number | null = null;
  private seenTo = 0;
  private wanted = 0;
  private failure: unknown;
  private asking: AbortController | undefined;
  private going: Promise<void> = Promise.resolve();
  private disposed = false;
}
