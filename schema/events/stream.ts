/** Facts about a stream itself, and what somebody posted to it. Stated by whoever posted them. */
import { z } from 'zod';
import { JsonObject } from '../json.js';
import { about } from './about.js';

/**
 * An event of a type that Colophon does not know. It is kept apart from our own facts, so that nobody
 * can post one that looks as if the mirror or a kernel had stated it.
 */
export const EventPosted = z
  .strictObject({
    type: z.literal('event.posted'),
    v: z.literal(1),
    data: z.strictObject({
      type: z.string().min(1).max(512).describe('The type as its sender wrote it.'),
      payload: JsonObject.describe('What its sender says; `{}` if nothing was sent.'),
      metadata: JsonObject.optional().describe('What its sender says beside it.'),
      idempotencyKey: z
        .string()
        .min(1)
        .max(256)
        .optional()
        .describe('The same key in the same stream again gives this event.')
    })
  })
  .meta(
    about(
      'whoever posted it',
      'An event of a type that is not ours: its type, payload, metadata and idempotency key.',
      { type: 'measured', payload: { celsius: 21.4 }, idempotencyKey: 'sensor-7-1000' }
    )
  );

const reason = z.string().max(10_000).optional().describe('Why, for a person.');

/** Nothing more may be posted until `stream.resumed`. */
export const StreamPaused = z
  .strictObject({
    type: z.literal('stream.paused'),
    v: z.literal(1),
    data: z.strictObject({ reason })
  })
  .meta(
    about('whoever posted it; the circuit breaker', 'Nothing more is taken until it is resumed.', {
      reason: 'Maintenance until noon.'
    })
  );

export const StreamResumed = z
  .strictObject({
    type: z.literal('stream.resumed'),
    v: z.literal(1),
    data: z.strictObject({ reason })
  })
  .meta(
    about('whoever posted it', 'Events are taken again; the circuit breaker begins anew.', {
      reason: 'Maintenance is over.'
    })
  );

/** The circuit breaker pauses the stream when more than `events` are posted within `seconds`. */
export const StreamLimitConfigured = z
  .strictObject({
    type: z.literal('stream.limit-configured'),
    v: z.literal(1),
    data: z.strictObject({
      events: z.int().min(1).max(1_000_000_000).describe('Events that may come at once.'),
      seconds: z
        .number()
        .positive()
        .max(86_400)
        .describe('In so many seconds the bucket is filled up again.')
    })
  })
  .meta(
    about('whoever posted it', 'So many events in so many seconds trip the circuit breaker.', {
      events: 100,
      seconds: 1
    })
  );

/**
 * What a client of the Durable Streams protocol appended: one JSON message as it was written, or the
 * bytes of one append.
 */
export const MessageAppended = z
  .strictObject({
    type: z.literal('message.appended'),
    v: z.literal(1),
    data: z.strictObject({
      text: z.string().optional().describe('The message, if it is text.'),
      base64: z.base64().optional().describe('The bytes, if they are no text.'),
      more: z.literal(true).optional().describe('The next event is of the same append.')
    })
  })
  .meta(
    about(
      'whoever appended it',
      'A message of the Durable Streams protocol: its text, or its bytes.',
      { text: '{"celsius": 21.4}' }
    )
  );

/** The last event of its stream. */
export const StreamClosed = z
  .strictObject({
    type: z.literal('stream.closed'),
    v: z.literal(1),
    data: z.strictObject({})
  })
  .meta(about('whoever closed it', 'Nothing more is ever taken.', {}));

/**
 * An event of another journal, from an export: kept whole inside, so that it never passes for a fact
 * of this one. The actor of the envelope is who imported it.
 */
export const EventImported = z
  .strictObject({
    type: z.literal('event.imported'),
    v: z.literal(1),
    data: z.strictObject({
      origin: z.string().min(1).max(256).describe('The journal that it comes from.'),
      assurance: z
        .enum(['relayed', 'unverified'])
        .describe('`relayed`: signed by the key that the importer trusts.'),
      event: JsonObject.describe('The event as the export has it, with its envelope.')
    })
  })
  .meta(
    about('whoever imported it; `colophon import`', 'An event of another journal, whole.', {
      origin: 'colophon/7d1c',
      assurance: 'relayed',
      event: { stream: '/lab', offset: 1, type: 'event.posted', v: 1 }
    })
  );

/** How long what is posted is kept; without any of the two, for ever. */
export const StreamRetentionConfigured = z
  .strictObject({
    type: z.literal('stream.retention-configured'),
    v: z.literal(1),
    data: z.strictObject({
      days: z.number().positive().max(36_500).optional().describe('Older events may go.'),
      events: z.int().min(1).optional().describe('Events beyond so many of the newest may go.')
    })
  })
  .meta(
    about('whoever posted it', 'What is posted to the stream is kept so long, or so many of it.', {
      days: 30
    })
  );

export const StreamTrimmed = z
  .strictObject({
    type: z.literal('stream.trimmed'),
    v: z.literal(1),
    data: z.strictObject({
      before: z.int().min(1).describe('Posted events before this offset are gone.'),
      events: z.int().min(1).describe('How many went.')
    })
  })
  .meta(
    about('the rule of retention', 'Older events went, as the stream was told to.', {
      before: 1001,
      events: 1000
    })
  );
