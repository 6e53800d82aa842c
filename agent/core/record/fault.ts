/** The first thing that is wrong with a record. */
import type { StreamPath } from '../../../schema/index.js';

/** What was found wrong, and at which event; what is not known of the event is null. */
export interface Fault {
  readonly stream: StreamPath | null;
  readonly offset: number | null;
  readonly seq: number | null;
  readonly type: string | null;
  /** What is wrong with it, for a person. */
  readonly why: string;
}

/** What names an event. */
export interface Placed {
  readonly stream: StreamPath;
  readonly offset: number;
  readonly type: string | null;
}

/** Something is wrong with this event. */
export function faultOf(event: Placed, { seq }: { readonly seq: number }, why: string): Fault {
  const { stream, offset, type } = event;
  return { stream, offset, seq, type, why };
}

/** The event in this place is not there. */
export function missing(place: Partial<Fault>): Fault {
  const nowhere = { stream: null, offset: null, seq: null, type: null };
  return { ...nowhere, ...place, why: 'it is missing here: it was removed or put elsewhere' };
}
