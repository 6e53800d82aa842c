/**
 * The envelope around every fact, and the fact before the journal has accepted it.
 */
import { z } from 'zod';
import { Actor, Assurance } from './actor.js';
import { EventId, StreamPath, Timestamp } from './ids.js';

export const Envelope = z.strictObject({
  id: EventId,
  stream: StreamPath,
  /** Position after this event; from 1, dense in its stream. */
  offset: z.int().min(1),
  at: Timestamp,
  actor: Actor,
  assurance: Assurance,
  /** What let the actor do it, e.g. `owner` or `contents:write`; absent where nothing was asked. */
  entitlement: z.string().min(1).max(128).optional(),
  /** The command, event or message that led to this one. */
  causationId: z.string().optional(),
  /** Shared by everything that one gesture set off. */
  correlationId: z.string().optional(),
  /** Number of the last document update of the stream that this event covers; see PROTOCOL, Events. */
  through: z.int().min(0).optional()
});
export type Envelope = z.infer<typeof Envelope>;
