/**
 * For which run a runtime writes into a notebook's document: the room's state says it in the very
 * transaction that writes. The runtime's peer writes it there, the mirror reads it. Pure.
 */
import { isRecord } from '../json.js';

/** The key of the mark of the run that goes on, or that ended last. */
export const MARK_KEY = 'colophon';

/** The key of the run for which something was written beside its mark; '' for none. */
export const WRITTEN_FOR_KEY = 'colophon-for';

/** What a mark says of its transaction; `writtenFor`: null for its own run, '' for no one run. */
export interface WritingMark {
  readonly executionId: string;
  readonly writtenFor: string | null;
}

/**
 * The run for which an update was written that set these keys of the room's state to what they are now;
 * undefined if it says none. What an earlier update has set says nothing of it.
 */
export function writtenFor(
  keys: ReadonlySet<string>,
  read: (key: string) => unknown
): string | undefined {
  if (keys.has(WRITTEN_FOR_KEY)) {
    return named(read(WRITTEN_FOR_KEY));
  }
  const mark = keys.has(MARK_KEY) ? read(MARK_KEY) : undefined;
  return isRecord(mark) ? named(mark['writtenFor'] ?? mark['executionId']) : undefined;
}

function named(run: unknown): string | undefined {
  return typeof run === 'string' && run !== '' ? run : undefined;
}
