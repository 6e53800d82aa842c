/**
 * The envelope around every fact, and the fact before the journal has accepted it.
 */
import { z } from 'zod';
import { Actor, Assurance } from './actor.js';
import { EventId, StreamPath, Timestamp } from './ids.js';

/** The payload was erased: `data` holds only what says what kind of event it was. */
export const Redacted = z
  .strictObject({ at: Timestamp, by: Actor, reason: z.string() })
  .describe('When, by whom and why the payload was erased; absent where it was not.');
export type Redacted = z.infer<typeof Redacted>;

export const Envelope = z.strictObject({
  id: EventId,
  stream: StreamPath,
  offset: z.int().min(1).describe('Position after this event; from 1, dense in its stream.'),
  at: Timestamp.describe('When it was stated.'),
  actor: Actor,
  assurance: Assurance,
  entitlement: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      'What let the actor do it, e.g. `owner` or `contents:write`; absent where nothing was asked.'
    ),
  causationId: z
    .string()
    .optional()
    .describe('The command, event or message that led to this one.'),
  correlationId: z.string().optional().describe('Shared by everything that one gesture set off.'),
  through: z
    .int()
    .min(0)
    .optional()
    .describe('Number of the last document update of the stream that this event covers.'),
  redacted: Redacted.optional()
});
export type Envelope = z.infer<typeof Envelope>;
