/**
 * What of one cell's outputs has to be stored outside before the document may show them, in order.
 * What was cleared before it was asked for is never stored. Pure but for its memory.
 */
import type { Json } from '../../../schema/index.js';
import type { DisplayValue } from './long-text.js';
import type { Output } from './output.js';
import { fitData, uploadsOf, type SpilledPart } from './spilled-parts.js';
import type { Settled, SpilledStream } from './spilled-stream.js';
import { uploadId } from './upload-id.js';

/** One thing to store: text for a stream's upload, a whole value, or the end of a stream's upload. */
export type Spill =
  | ({ readonly kind: 'append'; readonly stream: SpilledStream } & Settled)
  | ({ readonly kind: 'part' } & SpilledPart)
  | { readonly kind: 'commit'; readonly stream: SpilledStream };

export class OutputSpills {
  /** Whether what is taken now is of the cell's own run. */
  own = true;
  readonly #prefix: string;
  #count: number;
  #parts: SpilledPart[] = [];
  #closed: SpilledStream[] = [];

  /** `count`: how many uploads there were already. */
  constructor(prefix: string, count: number) {
    this.#prefix = prefix;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  nextUpload(): string {
    this.#count += 1;
    return uploadId(this.#prefix, this.#count, this.own);
  }

  /** The data as it fits into `room` bytes. */
  fit(data: Readonly<Record<string, DisplayValue>>, room: number, small: number): Json {
    const fitted = fitData(data, room, small, () => this.nextUpload());
    this.#parts.push(...fitted.parts);
    return fitted.data;
  }

  /** The stream is over. */
  closed(stream: SpilledStream): void {
    this.#closed.push(stream);
  }

  /** Everything was cleared. */
  clear(): void {
    this.#parts = [];
    this.#closed = [];
  }

  /** What has to be stored for these outputs to be shown; it is forgotten here. */
  drain(list: readonly Output[], open: SpilledStream | undefined): readonly Spill[] {
    const streams = [...this.#closed, ...(open === undefined ? [] : [open])];
    if (streams.length === 0 && this.#parts.length === 0) {
      return [];
    }
    const appends = streams.flatMap(stream => {
      const settled = stream.drain();
      return settled === undefined ? [] : [{ kind: 'append' as const, stream, ...settled }];
    });
    const commits = this.#closed.map(stream => ({ kind: 'commit' as const, stream }));
    const wanted = this.#parts.length === 0 ? undefined : new Set(list.flatMap(uploadsOf));
    const parts = this.#parts
      .filter(({ upload }) => wanted?.has(upload) === true)
      .map(part => ({ kind: 'part' as const, ...part }));
    this.clear();
    return [...appends, ...commits, ...parts];
  }
}
