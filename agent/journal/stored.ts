/** Finds out whether a transaction that failed is on the disk. */
import type { StreamPath } from '../../schema/index.js';
import type { Entry, Storage } from './storage.js';

/**
 * A transaction is there or it is not; entries that may be written twice tell nothing. If it is not,
 * the streams must end where they ended before it. Throws if the disk holds anything else.
 */
export function isStored(
  storage: Pick<Storage, 'holds' | 'head'>,
  entries: readonly Entry[]
): boolean {
  const found = new Set(entries.map(entry => storage.holds(entry)));
  found.delete(null);
  if (found.size > 1) {
    throw new Error('The disk holds a part of a transaction.');
  }
  const isThere = found.has(true);
  const begun = new Set<StreamPath>();
  for (const { stream, events } of isThere ? [] : entries) {
    const [first] = begun.has(stream) ? [] : events;
    if (first !== undefined && storage.head(stream).offset !== first.offset - 1) {
      throw new Error(`The disk has lost the end of ${stream}, which was durable.`);
    }
    if (first !== undefined) {
      begun.add(stream);
    }
  }
  return isThere;
}
