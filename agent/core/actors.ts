/** The actors that are not people, and how one acts for another. */
import type { Actor, ActorIdentity } from '../../schema/index.js';

/** Who a runtime is to Jupyter Server, and in the history. */
export const RUNTIME_ID = 'colophon-runtime';

/** The runtime agent of a notebook; on behalf of the person who asked, where one is known. */
export function runtimeActor(requester?: Actor): Actor {
  const runtime: Actor = { kind: 'runtime', id: RUNTIME_ID, name: 'Runtime' };
  return requester === undefined ? runtime : { ...runtime, onBehalfOf: personOf(requester) };
}

/** The host itself, e.g. when it starts an agent again. */
export const HOST_ACTOR: Actor = { kind: 'system', id: 'host', name: 'Colophon' };

/** The host's clock, when it stops an agent that nobody needs. */
export const IDLE_ACTOR: Actor = { kind: 'system', id: 'idle', name: 'Idle time' };

/** The person behind an actor, or the actor's own identity. */
export function personOf(actor: Actor): ActorIdentity {
  return actor.onBehalfOf ?? identityOf(actor);
}

/** An actor without its relations. */
export function identityOf(actor: Actor): ActorIdentity {
  const { onBehalfOf: _person, via: _relay, ...identity } = actor;
  return identity;
}

const REACTIONS = { schedule: 'Schedule', transformer: 'Transformer', deliverer: 'Deliverer' };

/** What a stream does by itself, for whoever configured it. */
export function reactionActor(id: keyof typeof REACTIONS, configuredBy: Actor): Actor {
  return { kind: 'system', id, name: REACTIONS[id], onBehalfOf: personOf(configuredBy) };
}
