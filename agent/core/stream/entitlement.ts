/**
 * What let an actor state a fact that came through no door of ours: the room's connection, or the
 * token of an agent. What a door let in says so itself. Pure.
 */
import type { Draft } from '../../../schema/index.js';

/** The draft with what let its actor state it; as it is if that is said already, or is not known. */
export function entitled(draft: Draft): Draft {
  if (draft.entitlement !== undefined || draft.assurance === 'unverified') {
    return draft;
  }
  switch (draft.actor.kind) {
    case 'human':
    case 'assistant':
      return { ...draft, entitlement: 'room:write' };
    case 'runtime':
      return { ...draft, entitlement: 'agent-token' };
    case 'system':
      return draft;
  }
}
