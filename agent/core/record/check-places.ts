/** Whether events stand where they have to: in the journal without a gap, in their streams as well. */
import type { StreamPath } from '../../../schema/index.js';
import { faultOf, missing, type Fault, type Placed } from './fault.js';

/** How far a stream was read. */
export interface StreamEnd {
  readonly offset: number;
  readonly leaf: string;
  /** Offset of the last event that the checkpoint covers, in an export of some streams. */
  readonly covered: number;
}

const BEFORE_FIRST: StreamEnd = { offset: 0, leaf: '', covered: 0 };
const BEHIND = 'it stands behind an event that came after it';

export class CheckedPlaces {
  readonly ends = new Map<StreamPath, StreamEnd>();
  readonly #whole: boolean;
  #lastSeq = 0;
  #gap: number | null = null;

  /** `whole`: no place of the journal may be empty. */
  constructor(whole: boolean) {
    this.#whole = whole;
  }

  /** The place in the journal that is empty, while it is found out of which stream; else null. */
  get gap(): number | null {
    return this.#gap;
  }

  /** Place in the journal of the last event that was taken. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  endOf(stream: StreamPath): StreamEnd {
    return this.ends.get(stream) ?? BEFORE_FIRST;
  }

  /** The fault of an event's place. Behind a gap only the first stream that lacks an event is told. */
  take(event: Placed, { seq }: { readonly seq: number }): Fault | null {
    const { offset, stream } = event;
    const end = this.endOf(stream);
    if (this.#gap === null) {
      if (seq <= this.#lastSeq) {
        return faultOf(event, { seq }, BEHIND);
      }
      this.#gap = this.#whole && seq !== this.#lastSeq + 1 ? this.#lastSeq + 1 : null;
      this.#lastSeq = seq;
    }
    if (offset > end.offset + 1) {
      const place = this.#gap ?? (this.#whole ? seq : null);
      return missing({ stream, offset: end.offset + 1, seq: place });
    }
    if (offset <= end.offset) {
      return faultOf(event, { seq }, BEHIND);
    }
    if (this.#gap !== null) {
      this.ends.set(stream, { ...end, offset });
    }
    return null;
  }
}
