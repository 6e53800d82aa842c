/** The smallest splice between two texts. */
import type { SourceSplice } from '../../../schema/index.js';
import { isHighSurrogate } from './output.js';

/**
 * One splice that makes `after` of `before`, as small as one splice can be without cutting a
 * surrogate pair. Null if they are equal.
 */
export function spliceBetween(before: string, after: string): SourceSplice | null {
  if (before === after) {
    return null;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) {
    start++;
  }
  if (start > 0 && isHighSurrogate(before, start - 1)) {
    start--;
  }
  let end = 0;
  while (
    end < shorter - start &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  ) {
    end++;
  }
  if (end > 0 && isLowSurrogate(before, before.length - end)) {
    end--;
  }
  return {
    at: start,
    deleted: before.slice(start, before.length - end),
    inserted: after.slice(start, after.length - end)
  };
}

/** The text after the splice. Positions beyond the end count as the end. */
export function applySplice(text: string, splice: SourceSplice): string {
  return text.slice(0, splice.at) + splice.inserted + text.slice(splice.at + splice.deleted.length);
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
