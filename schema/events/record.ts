/** Facts about the verifiable record itself: see docs/guide/verifiable-record.md. */
import { z } from 'zod';
import { Digest } from '../ids.js';
import { JsonObject } from '../json.js';
import { about } from './about.js';

/** The body of `POST /api/streams/__redact/<path>`. */
export const RedactionBody = z.strictObject({
  offset: z.int().min(1).describe('Of the event whose payload is to be erased.'),
  reason: z.string().min(1).max(10_000).describe('Why, for a person; it is kept.')
});

const EXAMPLE = 'b1'.repeat(32);

/** In the stream `/record` alone. */
export const RecordCheckpointed = z
  .strictObject({
    type: z.literal('record.checkpointed'),
    v: z.literal(1),
    data: z.strictObject({
      size: z.int().min(0).describe('Events that are covered: the first so many of the journal.'),
      root: Digest.describe('Root of the RFC 6962 tree over their leaves.'),
      note: z.string().min(1).describe('The same as a C2SP signed note (tlog-checkpoint).')
    })
  })
  .meta(
    about('host', 'The events up to here are signed: how many, and the root of their tree.', {
      size: 10000,
      root: EXAMPLE,
      note: 'colophon/7d1c\n10000\nsbGx…\n\n— colophon/7d1c q6Yv…\n'
    })
  );

export const RecordRedacted = z
  .strictObject({
    type: z.literal('record.redacted'),
    v: z.literal(1),
    data: z.strictObject({
      offset: z.int().min(1).describe('Of the event that lost its payload, in this stream.'),
      reason: z.string().min(1).max(10_000).describe('Why, for a person.'),
      payloadHash: Digest.describe('The digest of the payload that its leaf holds.'),
      remains: JsonObject.describe('What is left of its data.')
    })
  })
  .meta(
    about(
      'whoever erased it; `colophon redact`',
      'The payload of an earlier event was erased: which, why, and its digest.',
      {
        offset: 7,
        reason: 'It held a password.',
        payloadHash: EXAMPLE,
        remains: { type: 'measured', payload: {} }
      }
    )
  );
