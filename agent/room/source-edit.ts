/**
 * What updates have changed in the source of a cell, as its shared text tells it: the texts before and
 * after do not say which of several equal characters are new.
 */
import { ChangeSet } from '@codemirror/state';
import type { YTextEvent } from 'yjs';
import type { SourceSplice } from '../../schema/index.js';
import { applySplice, cutsPairs, splicesBetween } from '../core/notebook/splice.js';

/** Its `length` is that of the text before, in UTF-16 code units, its `newLength` that of the text after. */
export type SourceEdit = ChangeSet;

/** The only line break of the library's texts, so that it counts every character as it is. */
const LINE_BREAK = '\n';

/** What the event tells of a text; undefined if the text holds more than characters. */
export function editOf({ delta, target }: YTextEvent): SourceEdit | undefined {
  const changes: { from: number; to?: number; insert?: string }[] = [];
  let from = 0;
  let after = 0;
  for (const op of delta) {
    if (op.retain !== undefined) {
      from += op.retain;
      after += op.retain;
    } else if (op.delete !== undefined) {
      changes.push({ from, to: from + op.delete });
      from += op.delete;
    } else if (typeof op.insert === 'string') {
      changes.push({ from, insert: op.insert });
      after += op.insert.length;
    } else {
      return undefined;
    }
  }
  return ChangeSet.of(changes, from + target.length - after, LINE_BREAK);
}

/** One edit and then the other; undefined if either is not known, or they do not belong together. */
export function followed(
  first: SourceEdit | undefined,
  second: SourceEdit | undefined
): SourceEdit | undefined {
  return first !== undefined && second !== undefined && first.newLength === second.length
    ? first.compose(second)
    : undefined;
}

/**
 * The splices of an edit, each applied to the text that the earlier ones left. What the edit has put in
 * the place of something else is told by what really differs. Undefined if it does not lead from `before`
 * to `after`, or cuts a surrogate pair.
 */
export function splicesOf(
  edit: SourceEdit | undefined,
  before: string,
  after: string
): SourceSplice[] | undefined {
  if (edit?.length !== before.length) {
    return undefined;
  }
  const splices: SourceSplice[] = [];
  edit.iterChanges((fromBefore, toBefore, fromAfter, _toAfter, text) => {
    const replaced = splicesBetween(before.slice(fromBefore, toBefore), text.toString());
    splices.push(...replaced.map(splice => ({ ...splice, at: fromAfter + splice.at })));
  });
  const exact = splices.reduce(applySplice, before) === after && !cutsPairs(splices);
  return exact ? splices : undefined;
}
