/**
 * What a stream does by itself: schedules, push subscriptions, transformers. They are configured by
 * posting, belong to the stream that they stand in, and are named by a slug that is unique in it; the
 * same slug again replaces. What they do is recorded by facts that Colophon alone states.
 */
import { z } from 'zod';
import { Timestamp } from '../ids.js';
import { JsonObject } from '../json.js';

export const Slug = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'not a slug');

/** JSONata over an event as the open API shows it. */
const expression = z.string().min(1).max(20_000);

/** When a schedule fires; see the rules of each kind. */
export const Schedule = z.discriminatedUnion('kind', [
  /** Once; at once if the time is past. */
  z.strictObject({ kind: z.literal('at'), at: Timestamp }),
  /** Once, so many seconds after the time of the event that configured it. */
  z.strictObject({ kind: z.literal('after'), seconds: z.number().min(0).max(31_622_400) }),
  /** First after one interval; intervals that passed while nobody was there count as one. */
  z.strictObject({ kind: z.literal('every'), seconds: z.number().min(1).max(31_622_400) }),
  /** Five or six fields, or @daily and the like; IANA time zone, UTC if absent. */
  z.strictObject({
    kind: z.literal('cron'),
    cron: z.string().min(1).max(200),
    timeZone: z.string().max(64).optional()
  })
]);
export type Schedule = z.infer<typeof Schedule>;

/** An event is posted to this stream at the times of the schedule. */
export const ScheduleConfigured = z.strictObject({
  type: z.literal('schedule.configured'),
  v: z.literal(1),
  data: z.strictObject({
    slug: Slug,
    append: z.strictObject({
      type: z.string().min(1).max(512),
      payload: JsonObject.optional()
    }),
    schedule: Schedule
  })
});

export const ScheduleCancelled = z.strictObject({
  type: z.literal('schedule.cancelled'),
  v: z.literal(1),
  data: z.strictObject({ slug: Slug })
});

/** The schedule was due; its event stands behind this one, or `refused` says why not. */
export const ScheduleFired = z.strictObject({
  type: z.literal('schedule.fired'),
  v: z.literal(1),
  data: z.strictObject({
    slug: Slug,
    due: Timestamp,
    /** Null after the last. */
    next: Timestamp.nullable(),
    refused: z.string().max(10_000).optional()
  })
});

/** Every event after the cursor is sent to the address, in order, each until it was taken. */
export const SubscriptionConfigured = z.strictObject({
  type: z.literal('subscription.configured'),
  v: z.literal(1),
  data: z.strictObject({
    slug: Slug,
    url: z.url({ protocol: /^https?$/ }).max(2048),
    /** Only events for which it is true (as JSONata casts). */
    filter: expression.optional(),
    /** The body instead of the event; undefined or null: nothing is sent. */
    transform: expression.optional(),
    /** `cloudevent`: structured CloudEvents 1.0; `event` if absent. */
    format: z.enum(['event', 'cloudevent']).optional(),
    /** First event that is sent: of the stream (`start`), after this one (`end`, if absent), or after an offset. */
    from: z.union([z.enum(['start', 'end']), z.int().min(0)]).optional()
  })
});

export const SubscriptionRemoved = z.strictObject({
  type: z.literal('subscription.removed'),
  v: z.literal(1),
  data: z.strictObject({ slug: Slug })
});

/** Nothing more is sent until `subscription.resumed`. */
export const SubscriptionParked = z.strictObject({
  type: z.literal('subscription.parked'),
  v: z.literal(1),
  data: z.strictObject({
    slug: Slug,
    /** The event that could not be sent. */
    offset: z.int().min(1),
    attempts: z.int().min(1),
    error: z.string().max(10_000)
  })
});

/** Sending goes on where it was parked, or after `afterOffset`. */
export const SubscriptionResumed = z.strictObject({
  type: z.literal('subscription.resumed'),
  v: z.literal(1),
  data: z.strictObject({ slug: Slug, afterOffset: z.int().min(0).optional() })
});

/** Each later event that matches leads to a new event in this stream. */
export const TransformerConfigured = z.strictObject({
  type: z.literal('transformer.configured'),
  v: z.literal(1),
  data: z.strictObject({
    slug: Slug,
    filter: expression,
    /** A body of a post, or an array of them; undefined or null: nothing. */
    transform: expression
  })
});

export const TransformerRemoved = z.strictObject({
  type: z.literal('transformer.removed'),
  v: z.literal(1),
  data: z.strictObject({ slug: Slug })
});

/** An expression failed, or what it gave is no post; the transformer goes on with the next event. */
export const TransformerFailed = z.strictObject({
  type: z.literal('transformer.failed'),
  v: z.literal(1),
  data: z.strictObject({ slug: Slug, offset: z.int().min(1), error: z.string().max(10_000) })
});
