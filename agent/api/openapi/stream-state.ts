/** What `GET api/streams/__state/<path>` answers: a stream reduced to what is true of it now. */
import { z } from 'zod';
import {
  ActorIdentityShape,
  ScheduleConfigured,
  StreamPath,
  SubscriptionConfigured,
  SubscriptionParked,
  Timestamp,
  TransformerConfigured
} from '../../../schema/index.js';

const Standing = {
  configuredAt: Timestamp.describe('When it was configured.'),
  configuredBy: ActorIdentityShape.describe('Who configured it.')
};

export const StreamState = z
  .strictObject({
    streamPath: StreamPath,
    eventCount: z
      .int()
      .min(0)
      .describe('Offset of its last event; those that it has let go count, too.'),
    createdAt: Timestamp.nullable(),
    childPaths: z.array(StreamPath).describe('The streams below it.'),
    paused: z
      .strictObject({ reason: z.string().optional(), at: Timestamp })
      .nullable()
      .describe('Null while it takes events.'),
    closed: Timestamp.nullable().describe('When it was closed for ever; null while it is not.'),
    limit: z
      .strictObject({ events: z.number(), seconds: z.number() })
      .describe('So many events in so many seconds trip the circuit breaker.'),
    owner: z.string().nullable().describe('Username; null: nobody’s, or a notebook’s.'),
    access: z
      .enum(['notebook', 'private', 'public-read', 'public-write'])
      .describe('What people may who own nothing of it and were granted nothing.'),
    granted: z
      .array(z.strictObject({ username: z.string(), may: z.enum(['read', 'write']) }))
      .describe('Who else may use it.'),
    retention: z
      .strictObject({ days: z.number().nullable(), events: z.number().nullable() })
      .nullable()
      .describe('How long, and how much of it, what is posted is kept; null: everything, always.'),
    schedules: z.array(
      z.strictObject({
        ...ScheduleConfigured.shape.data.shape,
        ...Standing,
        next: Timestamp.nullable().describe('When it fires next; null: no more.')
      })
    ),
    transformers: z.array(
      z.strictObject({ ...TransformerConfigured.shape.data.shape, ...Standing })
    ),
    subscriptions: z.array(
      z.strictObject({
        ...SubscriptionConfigured.shape.data.shape,
        ...Standing,
        parked: SubscriptionParked.shape.data.nullable().describe('Null while it is sent to.')
      })
    )
  })
  .describe('A stream reduced to what is true of it now.');
