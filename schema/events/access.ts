/**
 * Who may read and write a stream that is no notebook's. It belongs to whoever began it; below it the
 * same rules hold until a stream has rules of its own. Notebooks' streams follow the notebook.
 */
import { z } from 'zod';

const username = z.string().min(1).max(256);

/** Everybody whom the server lets in may read it, and write to it if `write`. */
export const StreamMadePublic = z.strictObject({
  type: z.literal('stream.made-public'),
  v: z.literal(1),
  data: z.strictObject({ write: z.boolean().optional() })
});

/** Only its owner and who was granted access. */
export const StreamMadePrivate = z.strictObject({
  type: z.literal('stream.made-private'),
  v: z.literal(1),
  data: z.strictObject({})
});

/** `write` includes reading. */
export const AccessGranted = z.strictObject({
  type: z.literal('access.granted'),
  v: z.literal(1),
  data: z.strictObject({ username, may: z.enum(['read', 'write']) })
});

export const AccessRevoked = z.strictObject({
  type: z.literal('access.revoked'),
  v: z.literal(1),
  data: z.strictObject({ username })
});
