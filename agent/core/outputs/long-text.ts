/**
 * A text of many megabytes in a message of the kernel, in the pieces that it came in: made one string
 * only where nothing else will do, since that takes its size once more. Pure.
 */
import type { Json } from '../../../schema/index.js';

export abstract class LongText {
  /** Of all of it in UTF-8. */
  abstract readonly bytes: number;
  /** Its bytes in order, cut anywhere. */
  abstract readonly pieces: Iterable<Uint8Array>;
  /** So many UTF-16 units of its beginning, or more; all of it if it has fewer. */
  abstract beginning(units: number): string;
  /** All of it. */
  abstract whole(): string;

  toJSON(): string {
    return this.whole();
  }
}

/** A value of a display's data as the kernel's message brings it. */
export type DisplayValue = Json | LongText;

/** The data as it stands in an output. */
export function wholeData(data: Readonly<Record<string, DisplayValue>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]): [string, Json] => [
      type,
      value instanceof LongText ? value.whole() : value
    ])
  );
}
