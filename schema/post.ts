/**
 * Posting to a stream: the body that anybody may send, and an event as the open API shows it. The
 * journal keeps a posted event inside the fact `event.posted`; outside, its own type stands in front.
 */
import { z } from 'zod';
import type { Event } from './events/index.js';
import type { EventPosted } from './events/stream.js';
import { JsonObject } from './json.js';

/** A body of `POST /api/streams/<path>`. Only `type` is required. */
export const Post = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(512)
    .describe('Any words, e.g. `measured`, or a URL that explains them.'),
  payload: JsonObject.optional().describe('What is said; `{}` if absent.'),
  metadata: JsonObject.optional().describe('What is said beside it.'),
  idempotencyKey: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The same key in the same stream again gives the stored event.'),
  expectedOffset: z.int().min(1).optional().describe('The offset that this event must get.')
});
export type Post = z.infer<typeof Post>;

/** An event of the open API: a fact with its address and date under the open names, too. */
export type PublishedEvent = { readonly streamPath: string; readonly createdAt: string } & (
  Event | (Omit<Event, 'type' | 'data' | 'v'> & z.infer<typeof EventPosted>['data'])
);

/** The event as the open API shows it. A posted one bears its own type and payload. */
export function published(event: Event): PublishedEvent {
  const { stream: streamPath, at: createdAt } = event;
  if (event.type !== 'event.posted') {
    return { streamPath, createdAt, ...event };
  }
  const { type: _type, v: _v, data, ...envelope } = event;
  return { streamPath, createdAt, ...envelope, ...data };
}

/** The event behind what `published` gave; anything else is handed back as it is. */
export function eventOfPublished(shown: PublishedEvent): Event {
  const { streamPath: _streamPath, createdAt: _createdAt, ...event } = shown;
  if (!('payload' in event)) {
    return event;
  }
  const { type, payload, metadata, idempotencyKey, ...envelope } = event;
  const data = {
    type,
    payload,
    ...(metadata && { metadata }),
    ...(idempotencyKey !== undefined && { idempotencyKey })
  };
  return { ...envelope, type: 'event.posted', v: 1, data };
}
