/**
 * What a stream does by itself: schedules, push subscriptions, transformers. They are configured by
 * posting, belong to the stream that they stand in, and are named by a slug that is unique in it; the
 * same slug again replaces. What they do is recorded by facts that Colophon alone states.
 */
import { z } from 'zod';
import { Timestamp } from '../ids.js';
import { JsonObject } from '../json.js';
import { about } from './about.js';

export const Slug = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'not a slug')
  .describe('Its name; unique in the stream, and the same again replaces it.');

/** JSONata over an event as the open API shows it. */
const expression = z.string().min(1).max(20_000);

/** When a schedule fires; see the rules of each kind. */
export const Schedule = z.discriminatedUnion('kind', [
  /** Once; at once if the time is past. */
  z.strictObject({
    kind: z.literal('at'),
    at: z.iso
      .datetime('write a time in UTC, such as 2026-12-24T17:00:00Z')
      .describe('When; at once if the time is past.')
  }),
  /** Once, so many seconds after the time of the event that configured it. */
  z.strictObject({
    kind: z.literal('after'),
    seconds: z
      .number()
      .min(0)
      .max(31_622_400)
      .describe('So long after the event that configured it.')
  }),
  /** First after one interval; intervals that passed while nobody was there count as one. */
  z.strictObject({
    kind: z.literal('every'),
    seconds: z.number().min(1).max(31_622_400).describe('The interval; first after one of them.')
  }),
  /** Five or six fields, or @daily and the like; IANA time zone, UTC if absent. */
  z.strictObject({
    kind: z.literal('cron'),
    cron: z.string().min(1).max(200).describe('Five or six fields, or `@daily` and the like.'),
    timeZone: z.string().max(64).optional().describe('IANA time zone; UTC if absent.')
  })
]);
export type Schedule = z.infer<typeof Schedule>;

/** An event is posted to this stream at the times of the schedule. */
export const ScheduleConfigured = z
  .strictObject({
    type: z.literal('schedule.configured'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      append: z
        .strictObject({
          type: z.string().min(1).max(512).describe('Type of the event.'),
          payload: JsonObject.optional().describe('Its payload; `{}` if absent.')
        })
        .describe('What is posted each time.'),
      schedule: Schedule.describe('When it fires.')
    })
  })
  .meta(
    about('whoever posted it', 'An event is appended at the times of a schedule.', {
      slug: 'heartbeat',
      append: { type: 'tick', payload: { from: 'schedule' } },
      schedule: { kind: 'every', seconds: 5 }
    })
  );

export const ScheduleCancelled = z
  .strictObject({
    type: z.literal('schedule.cancelled'),
    v: z.literal(1),
    data: z.strictObject({ slug: Slug })
  })
  .meta(about('whoever posted it', 'The schedule fires no more.', { slug: 'heartbeat' }));

/** The schedule was due; its event stands behind this one, or `refused` says why not. */
export const ScheduleFired = z
  .strictObject({
    type: z.literal('schedule.fired'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      due: Timestamp.describe('The time that the schedule named.'),
      next: Timestamp.nullable().describe('The next one; null after the last.'),
      refused: z.string().max(10_000).optional().describe('Why no event was appended.')
    })
  })
  .meta(
    about('the scheduler', 'The schedule was due, and when it is next.', {
      slug: 'heartbeat',
      due: '2026-11-21T08:30:00.000Z',
      next: '2026-11-21T08:30:05.000Z'
    })
  );

/** Every event after the cursor is sent to the address, in order, each until it was taken. */
export const SubscriptionConfigured = z
  .strictObject({
    type: z.literal('subscription.configured'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      url: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .describe('Where each event is posted to.'),
      filter: expression
        .optional()
        .describe('JSONata; only events for which it is true (as JSONata casts).'),
      transform: expression
        .optional()
        .describe('JSONata; the body instead of the event. Undefined or null: nothing is sent.'),
      format: z
        .enum(['event', 'cloudevent'])
        .optional()
        .describe('`cloudevent`: structured CloudEvents 1.0; `event` if absent.'),
      from: z
        .union([z.enum(['start', 'end']), z.int().min(0)])
        .optional()
        .describe(
          'First event that is sent: of the stream (`start`), after this one (`end`, if absent), or after an offset.'
        )
    })
  })
  .meta(
    about('whoever posted it', 'Events of the stream are sent to an address.', {
      slug: 'chat-bot',
      url: 'https://example.org/hook',
      filter: "type = 'said'",
      format: 'cloudevent',
      from: 'end'
    })
  );

export const SubscriptionRemoved = z
  .strictObject({
    type: z.literal('subscription.removed'),
    v: z.literal(1),
    data: z.strictObject({ slug: Slug })
  })
  .meta(about('whoever posted it', 'They are sent no more.', { slug: 'chat-bot' }));

/** Nothing more is sent until `subscription.resumed`. */
export const SubscriptionParked = z
  .strictObject({
    type: z.literal('subscription.parked'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      offset: z.int().min(1).describe('The event that could not be sent.'),
      attempts: z.int().min(1).describe('How often it was tried.'),
      error: z.string().max(10_000).describe('What went wrong the last time.')
    })
  })
  .meta(
    about('the deliverer', 'An event could not be sent so many times; nothing more is sent.', {
      slug: 'chat-bot',
      offset: 17,
      attempts: 15,
      error: 'The address answered 500.'
    })
  );

/** Sending goes on where it was parked, or after `afterOffset`. */
export const SubscriptionResumed = z
  .strictObject({
    type: z.literal('subscription.resumed'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      afterOffset: z
        .int()
        .min(0)
        .optional()
        .describe('Goes on behind this offset; where it was parked if absent.')
    })
  })
  .meta(about('whoever posted it', 'Sending goes on.', { slug: 'chat-bot' }));

/** Each later event that matches leads to a new event in this stream. */
export const TransformerConfigured = z
  .strictObject({
    type: z.literal('transformer.configured'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      filter: expression.describe('JSONata; only events for which it is true (as JSONata casts).'),
      transform: expression.describe(
        'JSONata; a body of a post, or an array of them. Undefined or null: nothing.'
      )
    })
  })
  .meta(
    about('whoever posted it', 'Events that match lead to new events.', {
      slug: 'greeter',
      filter: "type = 'joined'",
      transform: '{"type": "greeted", "payload": {"name": payload.name}}'
    })
  );

export const TransformerRemoved = z
  .strictObject({
    type: z.literal('transformer.removed'),
    v: z.literal(1),
    data: z.strictObject({ slug: Slug })
  })
  .meta(about('whoever posted it', 'They do no more.', { slug: 'greeter' }));

/** An expression failed, or what it gave is no post; the transformer goes on with the next event. */
export const TransformerFailed = z
  .strictObject({
    type: z.literal('transformer.failed'),
    v: z.literal(1),
    data: z.strictObject({
      slug: Slug,
      offset: z.int().min(1).describe('The event for which it failed.'),
      error: z.string().max(10_000).describe('What went wrong.')
    })
  })
  .meta(
    about('the transformer', 'An expression failed for one event.', {
      slug: 'greeter',
      offset: 17,
      error: 'What it gave has no type.'
    })
  );
