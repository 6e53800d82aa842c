/** Whether the newest checkpoint of a journal is signed, and goes on from one that was kept elsewhere. */
import type { RecordHead } from '../../../schema/index.js';
import type { CheckOptions } from './check.js';
import { isConsistent } from './proofs.js';

/** So many events are signed; `kept` of them the kept checkpoint signs, too, null without one. */
export interface GoodHead {
  readonly size: number;
  readonly kept: number | null;
}

/** The answer is `other` than was asked for, or not as it was recorded: `why`. */
type HeadVerdict = GoodHead | { readonly why: string } | { readonly other: string };

/** `kept` is the signed note that was kept. */
export function checkHead(
  { note, from, consistency }: RecordHead,
  { hashing, readNote }: Pick<CheckOptions, 'hashing' | 'readNote'>,
  kept: string | undefined
): HeadVerdict {
  const newest = readNote(note);
  if ('problem' in newest) {
    return { why: `the checkpoint cannot be trusted: ${newest.problem}` };
  }
  const { size } = newest;
  if (kept === undefined) {
    return { size, kept: null };
  }
  const earlier = readNote(kept);
  if ('problem' in earlier) {
    return { why: `the checkpoint you kept cannot be compared: ${earlier.problem}` };
  }
  if (earlier.size > size) {
    return {
      why: `the checkpoint you kept covers ${earlier.size} events, the newest only ${size}`
    };
  }
  if (earlier.size !== size && earlier.size !== from) {
    return {
      other: `The answer is about ${from} events: ask GET api/record?from=${earlier.size}.`
    };
  }
  const path = earlier.size === size ? [] : consistency;
  return isConsistent(hashing, earlier, newest, path)
    ? { size, kept: earlier.size }
    : { why: `the first ${earlier.size} events are not those that the checkpoint you kept signs` };
}
