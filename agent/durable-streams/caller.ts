/** Who makes a request of the protocol, and who decides what of it the journal takes. */
import type { Actor, Draft, Rejection, StreamPath } from '../../schema/index.js';

/** The actor of what is appended, and what lets them do it. */
export interface Caller {
  readonly actor: Actor;
  readonly entitlement?: string;
}

/** The rules that hold for every door. */
export interface Gatekeeper {
  /** The events that are appended: these, and what follows from them; or why they are not. */
  readonly admit: (stream: StreamPath, drafts: readonly Draft[]) => readonly Draft[] | Rejection;
  /** Removes the stream from the journal, if it is there. Durable on return. */
  readonly remove: (stream: StreamPath, caller: Caller) => void;
}
