/** Facts about a stream itself, and what somebody posted to it. Stated by whoever posted them. */
import { z } from 'zod';
import { JsonObject } from '../json.js';

/**
 * An event of a type that Colophon does not know. It is kept apart from our own facts, so that nobody
 * can post one that looks as if the mirror or a kernel had stated it.
 */
export const EventPosted = z.strictObject({
  type: z.literal('event.posted'),
  v: z.literal(1),
  data: z.strictObject({
    /** The type as its sender wrote it. */
    type: z.string().min(1).max(512),
    payload: JsonObject,
    metadata: JsonObject.optional(),
    idempotencyKey: z.string().min(1).max(256).optional()
  })
});

const reason = z.string().max(10_000).optional();

/** Nothing more may be posted until `stream.resumed`. */
export const StreamPaused = z.strictObject({
  type: z.literal('stream.paused'),
  v: z.literal(1),
  data: z.strictObject({ reason })
});

export const StreamResumed = z.strictObject({
  type: z.literal('stream.resumed'),
  v: z.literal(1),
  data: z.strictObject({ reason })
});

/** The circuit breaker pauses the stream when more than `events` are posted within `seconds`. */
export const StreamLimitConfigured = z.strictObject({
  type: z.literal('stream.limit-configured'),
  v: z.literal(1),
  data: z.strictObject({
    events: z.int().min(1).max(1_000_000_000),
    seconds: z.number().positive().max(86_400)
  })
});
