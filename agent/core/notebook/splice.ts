/** The splices between two texts. */
import diff from 'fast-diff';
import type { SourceSplice } from '../../../schema/index.js';
import { isHighSurrogate } from './output.js';

/** Beyond so many UTF-16 code units a change is told as one splice: finding several costs their square. */
const LONGEST_COMPARED = 4000;
const HALF_A_PAIR = /\p{Surrogate}/u;

/**
 * The splices that make `after` of `before`, each applied to the text that the earlier ones left. What
 * stands between two changed places is in none of them, so that nobody seems to have written it anew.
 * No splice cuts a surrogate pair. Empty if the texts are equal.
 */
export function splicesBetween(before: string, after: string): SourceSplice[] {
  const whole = spliceBetween(before, after);
  if (whole === null) {
    return [];
  }
  const { at, deleted, inserted } = whole;
  const longest = Math.max(deleted.length, inserted.length);
  if (deleted === '' || inserted === '' || longest > LONGEST_COMPARED) {
    return [whole];
  }
  const splices: SourceSplice[] = [];
  let next: SourceSplice = { at, deleted: '', inserted: '' };
  const end = (kept: number) => {
    if (next.deleted !== '' || next.inserted !== '') {
      splices.push(next);
    }
    next = { at: next.at + next.inserted.length + kept, deleted: '', inserted: '' };
  };
  for (const [kind, text] of diff(deleted, inserted, undefined, true)) {
    switch (kind) {
      case diff.EQUAL:
        end(text.length);
        break;
      case diff.DELETE:
        next = { ...next, deleted: next.deleted + text };
        break;
      case diff.INSERT:
        next = { ...next, inserted: next.inserted + text };
        break;
    }
  }
  end(0);
  // The library may cut a surrogate pair.
  return cutsPairs(splices) ? [whole] : splices;
}

/** Whether one of them cuts a surrogate pair. */
export function cutsPairs(splices: readonly SourceSplice[]): boolean {
  return splices.some(({ deleted, inserted }) => HALF_A_PAIR.test(`${deleted} ${inserted}`));
}

/**
 * One splice that makes `after` of `before`, as small as one splice can be without cutting a
 * surrogate pair. Null if they are equal.
 */
function spliceBetween(before: string, after: string): SourceSplice | null {
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
