/** Who makes a request of the protocol, and who decides what of it the journal takes. */
import type { Access } from '../core/stream/access.js';
import { refuse } from './refusal.js';
import type { Actor, Draft, Rejection, StreamPath } from '../../schema/index.js';

/** The actor of what is appended, and what lets them do it. */
export interface Caller {
  readonly actor: Actor;
  readonly entitlement?: string;
  /** Asks again, since a request can last: what lets them do it now, or why not. Absent: they may. */
  readonly ask?: () => Access;
}

/** The caller with what lets them now. Refuses (403) who may not any more. */
export function asNow(caller: Caller): Caller {
  const access = caller.ask?.();
  if (access === undefined) {
    return caller;
  }
  return 'rejection' in access
    ? refuse(403, access.rejection.detail)
    : { actor: caller.actor, entitlement: access.entitlement };
}

/** Whether they still may. */
export function mayStill({ ask }: Caller): boolean {
  const access = ask?.();
  return access === undefined || 'entitlement' in access;
}

/** The rules that hold for every door. */
export interface Gatekeeper {
  /** The events that are appended: these, and what follows from them; or why they are not. */
  readonly admit: (stream: StreamPath, drafts: readonly Draft[]) => readonly Draft[] | Rejection;
  /** Removes the stream from the journal, if it is there. Durable on return. */
  readonly remove: (stream: StreamPath, caller: Caller) => void;
}
