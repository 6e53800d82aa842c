/** What a check found, in lines for a person. */
import type { Tally } from './check.js';
import type { GoodHead } from './check-head.js';
import type { Fault } from './fault.js';

/** What was checked, and how. */
export interface Verdict {
  /** null: all is as it was recorded. */
  readonly fault: Fault | null;
  readonly tally: Tally;
  /** The verifier key that checkpoints were checked with. */
  readonly key: string;
  /** The key was given by whoever asked, and not taken from what was checked. */
  readonly isGiven: boolean;
  /** Events of the checkpoint that was kept elsewhere; null without one. */
  readonly kept: number | null;
}

/** The verdict in lines; the first says whether all is as it was recorded. */
export function told({ fault, tally, key, isGiven, kept }: Verdict): string[] {
  if (fault !== null) {
    return [
      `NOT AS RECORDED: ${[placeOf(fault), fault.why].filter(Boolean).join(': ')}.`,
      tally.events === 1
        ? 'The event before it is as it was recorded.'
        : `The ${tally.events} events before it are as they were recorded.`
    ];
  }
  const { events, streams, erased, removed } = tally;
  const lines = [
    `As recorded: ${counted(events, 'event')} in ${counted(streams, 'stream')}.`,
    signedOf(tally)
  ];
  if (kept !== null) {
    lines.push(`The checkpoint you kept, of ${counted(kept, 'event')}, is one of this journal's.`);
  }
  if (erased > 0) {
    lines.push(`${counted(erased, 'payload')} erased, each told by an event record.redacted.`);
  }
  if (removed > 0) {
    lines.push(
      `${counted(removed, 'event')} taken out, as events stream.deleted and stream.trimmed tell; the leaves are there.`
    );
  }
  return [...lines, ...toldOfKey(key, isGiven)];
}

/** A checkpoint that is good, in lines. */
export function toldOfHead({ size, kept }: GoodHead): string[] {
  return [
    `Signed: the newest checkpoint covers ${counted(size, 'event')} of the journal.`,
    ...(kept === null
      ? []
      : [
          `The journal begins with the ${counted(kept, 'event')} that the checkpoint you kept signs.`
        ])
  ];
}

/** Which key was used, and whether it still has to be compared. */
export function toldOfKey(key: string, isGiven: boolean): string[] {
  const compare =
    'The key is the one that came with it: compare it, or pass the one you know as --key.';
  return [`Key: ${key}`, ...(isGiven ? [] : [compare])];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function placeOf({ stream, offset, seq, type }: Fault): string {
  return [
    stream !== null && `stream ${stream}`,
    offset !== null && `offset ${offset}`,
    seq !== null && `event ${seq} of the journal`,
    type
  ]
    .filter(part => typeof part === 'string')
    .join(', ');
}

function signedOf({ checkpoints, uncovered }: Tally): string {
  return checkpoints === 0
    ? 'No checkpoint: nothing is signed yet.'
    : `${counted(checkpoints, 'signed checkpoint')}; ${counted(uncovered, 'event')} not covered by the newest.`;
}
