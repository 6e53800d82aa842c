/**
 * Where lines begin in a file that grows: the place of every 1024th, found in one pass and gone on
 * with when there is more. Small enough to be kept: 8 bytes for 1024 lines.
 */
import type { FileHandle } from 'node:fs/promises';

const EVERY = 1024;
const PIECE = 1 << 20;
const LINE_END = 10;

export class LineIndex {
  /** Bytes at which lines 0, 1024, 2048 … begin. */
  readonly #marks: number[] = [0];
  #ends = 0;
  #scanned = 0;
  /** Where the last line begins that has no end yet. */
  #open = 0;
  #scanning: Promise<void> = Promise.resolve();

  /** Reads on to `size`. */
  extend(file: FileHandle, size: number): Promise<void> {
    this.#scanning = this.#scanning.catch(() => undefined).then(() => this.#scan(file, size));
    return this.#scanning;
  }

  /** Lines up to what was read; an end without a line end counts. */
  get total(): number {
    return this.#ends + (this.#scanned > this.#open ? 1 : 0);
  }

  /** The nearest line before `line` whose place is known. */
  before(line: number): { readonly line: number; readonly at: number } {
    const index = Math.min(Math.floor(line / EVERY), this.#marks.length - 1);
    return { line: index * EVERY, at: this.#marks[index] ?? 0 };
  }

  async #scan(file: FileHandle, size: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(0, size - this.#scanned)));
    while (this.#scanned < size) {
      const wanted = Math.min(buffer.length, size - this.#scanned);
      const { bytesRead } = await file.read(buffer, 0, wanted, this.#scanned);
      if (bytesRead === 0) {
        return;
      }
      const piece = buffer.subarray(0, bytesRead);
      for (let at = piece.indexOf(LINE_END); at >= 0; at = piece.indexOf(LINE_END, at + 1)) {
        this.#ends += 1;
        this.#open = this.#scanned + at + 1;
        if (this.#ends % EVERY === 0) {
          this.#marks.push(this.#open);
        }
      }
      this.#scanned += bytesRead;
    }
  }
}
