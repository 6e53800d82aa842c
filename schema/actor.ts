/**
 * Who: the actor of an event, and how sure we are of it.
 */
import { z } from 'zod';

export const ActorKind = z.enum(['human', 'assistant', 'runtime', 'system']);
export type ActorKind = z.infer<typeof ActorKind>;

/** An actor without its relations. */
export const ActorIdentityShape = z.strictObject({
  kind: ActorKind.describe('What kind of actor it is.'),
  id: z
    .string()
    .min(1)
    .max(256)
    .describe(
      "human: the server's username; system: what acted (`disk`, `load`, `save`, `extension:<name>`)."
    ),
  name: z
    .string()
    .max(256)
    .optional()
    .describe('Display name at the time; a snapshot, never a key.'),
  color: z
    .string()
    .max(64)
    .optional()
    .describe('CSS colour of the user, as the identity provider gave it.')
});

export const Actor = ActorIdentityShape.extend({
  onBehalfOf: ActorIdentityShape.optional().describe(
    'The person for whom a runtime or an assistant acted.'
  ),
  via: ActorIdentityShape.optional().describe(
    'Who passed the change on, when the assurance is `relayed`.'
  )
});
export type Actor = z.infer<typeof Actor>;
export type ActorIdentity = z.infer<typeof ActorIdentityShape>;

/**
 * verified: the authenticated connection made it. relayed: somebody's connection passed it on.
 * unverified: the server's hooks could not be trusted.
 */
export const Assurance = z.enum(['verified', 'relayed', 'unverified']);
export type Assurance = z.infer<typeof Assurance>;

/** Do two actors name the same author, on behalf of and through the same? */
export function sameActor(a: Actor, b: Actor): boolean {
  return same(a, b) && same(a.onBehalfOf, b.onBehalfOf) && same(a.via, b.via);
}

function same(a: ActorIdentity | undefined, b: ActorIdentity | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.kind === b.kind && a.id === b.id);
}
