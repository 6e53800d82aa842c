/**
 * Who may read and write a stream that is no notebook's. It belongs to whoever began it; below it the
 * same rules hold until a stream has rules of its own. Notebooks' streams follow the notebook.
 */
import { z } from 'zod';
import { StreamPath } from '../ids.js';
import { about } from './about.js';

const username = z.string().min(1).max(256).describe('The person, as the server names them.');

/** Everybody whom the server lets in may read it, and write to it if `write`. */
export const StreamMadePublic = z
  .strictObject({
    type: z.literal('stream.made-public'),
    v: z.literal(1),
    data: z.strictObject({
      write: z.boolean().optional().describe('They may also write; false if absent.')
    })
  })
  .meta(
    about(
      'whoever posted it',
      'Everybody whom the server lets in may read the stream, and write to it if `write`.',
      { write: false }
    )
  );

/** Only its owner and who was granted access. */
export const StreamMadePrivate = z
  .strictObject({
    type: z.literal('stream.made-private'),
    v: z.literal(1),
    data: z.strictObject({})
  })
  .meta(about('whoever posted it', 'Only its owner and who was granted access may use it.', {}));

/** `write` includes reading. */
export const AccessGranted = z
  .strictObject({
    type: z.literal('access.granted'),
    v: z.literal(1),
    data: z.strictObject({
      username,
      may: z.enum(['read', 'write']).describe('`write` includes reading.')
    })
  })
  .meta(
    about('whoever posted it', 'A person may read the stream, or read and write it.', {
      username: 'bob',
      may: 'write'
    })
  );

export const AccessRevoked = z
  .strictObject({
    type: z.literal('access.revoked'),
    v: z.literal(1),
    data: z.strictObject({ username })
  })
  .meta(
    about('whoever posted it', 'What the person was granted is taken back.', { username: 'bob' })
  );

/** In the stream `/deletions`. Nothing of what the streams held is kept but the leaves of the record. */
export const StreamDeleted = z
  .strictObject({
    type: z.literal('stream.deleted'),
    v: z.literal(1),
    data: z.strictObject({
      path: StreamPath.describe('The stream that was deleted.'),
      head: z.int().min(0).describe('Offset of its last event.'),
      children: z.array(StreamPath).describe('The streams below it that went with it.')
    })
  })
  .meta(
    about('decision', 'Somebody deleted a stream: which, how long it was, and what went with it.', {
      path: '/team/chat',
      head: 12,
      children: []
    })
  );
