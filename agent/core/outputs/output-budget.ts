/**
 * How much of one cell's outputs may stand in the document, and what an output takes there. Pure.
 */
import type { Json } from '../../../schema/index.js';
import type { Output } from './output.js';

/** Sizes for one cell. */
export interface OutputBudget {
  /** Bytes of all its outputs that may stand in the document. */
  readonly inlineBytes: number;
  /** Bytes of one stream that may: a page lays all of its text out anew whenever it grows. */
  readonly stream: number;
  /** UTF-16 units of the beginning of a stream that stay when the rest is kept outside. */
  readonly head: number;
  /** UTF-16 units of its end; also the longest line that can still change. */
  readonly tail: number;
  /** Bytes of an output, or of one MIME type of it, that stay in the document in any case. */
  readonly small: number;
  /** Bytes beyond `inlineBytes` that links and small outputs may take; what follows is kept in one place. */
  readonly beyond: number;
  /** Bytes that each output counts for, besides what it holds: many small ones weigh on room and page. */
  readonly each: number;
  /** What the ids of the cell's uploads begin with. */
  readonly uploads: string;
}

/** The sizes that runs have; `inlineBytes` is the server's setting. */
export function budgetOf(inlineBytes: number, uploads: string): OutputBudget {
  const sizes = { head: 65_536, tail: 16_384, small: 1024, beyond: 1_000_000, each: 1000 };
  return { inlineBytes, stream: inlineBytes / 5, ...sizes, uploads };
}

/** Of the budget, what each output leaves for the links to those that follow, and what all of them do. */
const LEFT_BY_EACH = 1 / 50;
const LEFT_BY_ALL = 1 / 4;

/**
 * The part of `room` bytes that large values may take behind so many outputs: where there are many, more
 * will come, and what stands in the document of those has to fit, too.
 */
export function roomForValues(budget: OutputBudget, room: number, outputs: number): number {
  return room - budget.inlineBytes * Math.min(LEFT_BY_ALL, LEFT_BY_EACH * outputs);
}

/** Bytes of the text in UTF-8; a lone surrogate counts as U+FFFD. */
export function weigh(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      bytes += unit > 0x7ff ? 2 : 1;
      if (unit >= 0xd800 && unit <= 0xdbff) {
        const next = text.charCodeAt(index + 1);
        if (next >= 0xdc00 && next <= 0xdfff) {
          // A pair is 4 bytes: 2 units, and 2 more.
          index += 1;
        }
      }
    }
  }
  return bytes;
}

/** Bytes that a value takes, as text or as JSON; of a text with more than `most` units, at least those. */
export function weighValue(value: Json | undefined, most = Infinity): number {
  if (typeof value === 'string' && value.length > most) {
    return value.length;
  }
  return typeof value === 'string' ? weigh(value) : weigh(JSON.stringify(value ?? null));
}

/** Keys and marks around an output. */
const AROUND = 100;

const weights = new WeakMap<Output, number>();

/** Bytes that the output takes in the document, about. Outputs never change, so it is counted once. */
export function weightOf(output: Output): number {
  let bytes = weights.get(output);
  if (bytes === undefined) {
    const content = output.output_type === 'stream' ? output.text : output;
    bytes = AROUND + weighValue(content);
    weights.set(output, bytes);
  }
  return bytes;
}

/** Notes what an output weighs that was made from another by adding so many bytes. */
export function weighsAs(output: Output, before: Output, added: number): void {
  weights.set(output, weightOf(before) + added);
}

/** The end of the longest start of `text` with at most `length` units that cuts no surrogate pair. */
export function cutAt(text: string, length: number): number {
  const before = text.charCodeAt(length - 1);
  const inPair = length < text.length && before >= 0xd800 && before <= 0xdbff;
  return Math.min(text.length, inPair ? length - 1 : length);
}
