/** Whether an event is what its leaf says of it. */
import type { Event, EventRecord } from '../../../schema/index.js';
import { canonical } from './canonical.js';
import { leafHash, payloadHash, type Hashing } from './leaf.js';

/** What of the event was altered, or null. `last` is the leaf of the event before it in its stream. */
export function alterationOf(
  hashing: Hashing,
  event: Event,
  { salt, previous, seq, ...record }: EventRecord,
  last: string
): string | null {
  // Of an erased payload the digest alone is left.
  const isIntact =
    event.redacted === undefined
      ? payloadHash(hashing, salt ?? '', canonical(event.data)) === record.payloadHash
      : salt === null;
  if (!isIntact) {
    return 'its payload was altered';
  }
  if (previous !== last) {
    return 'it does not follow the event before it in its stream';
  }
  const leaf = leafHash(hashing, event, { payloadHash: record.payloadHash, previous, seq });
  return leaf === record.leaf ? null : 'it does not match its leaf: one of both was altered';
}
