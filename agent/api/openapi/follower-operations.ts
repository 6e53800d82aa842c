/** Operations of who follows a stream and is remembered: places of readers, secrets of what is sent. */
import { z } from 'zod';
import { Slug, Timestamp } from '../../../schema/index.js';
import { Acknowledgement, ConsumerName } from '../subscriber-routes.js';
import type { Operation } from './operation.js';

const Place = {
  consumer: ConsumerName,
  offset: z.int().min(0).describe('Up to where the reader is done; 0 for the beginning.'),
  lag: z.int().min(0).describe('Events behind its place.')
};

export const FOLLOWER_OPERATIONS: readonly Operation[] = [
  {
    id: 'readCursors',
    method: 'GET',
    path: '/streams/__cursor/{path}',
    tag: 'Streams',
    summary: 'The readers whose place is kept, and the subscriptions, each with how far it is.',
    answers: {
      'application/json': z.strictObject({
        head: z.int().min(0).describe('Offset of the newest event.'),
        consumers: z.array(z.strictObject(Place)),
        subscriptions: z.array(
          z.strictObject({
            slug: Slug,
            after: z.int().min(0).describe('Everything up to here was taken or passed over.'),
            lag: z.int().min(0).describe('Events behind that.'),
            attempts: z.int().min(0).describe('How often the next event was tried in vain.'),
            nextAt: Timestamp.nullable().describe('When it is tried again.'),
            parked: z.boolean().describe('Nothing more is sent until it is resumed.')
          })
        )
      })
    }
  },
  {
    id: 'moveCursor',
    method: 'POST',
    path: '/streams/__cursor/{path}',
    tag: 'Streams',
    summary: 'A reader is done up to an offset; answered once that is durable.',
    body: { 'application/json': Acknowledgement },
    bodyExample: { consumer: 'nightly-report', offset: 17 },
    answers: { 'application/json': z.strictObject(Place) },
    refusals: ['unknown-stream', 'body-too-large', 'journal-full']
  },
  {
    id: 'readSecret',
    method: 'GET',
    path: '/streams/__secret/{path}',
    tag: 'Streams',
    summary:
      'The secret that signs what is sent for a subscription, for who may write to the stream.',
    parameters: {
      slug: { in: 'query', schema: Slug.describe('The subscription.'), required: true }
    },
    answers: {
      'application/json': z.strictObject({
        slug: Slug,
        secret: z.string().describe('As Standard Webhooks has it.')
      })
    }
  },
  {
    id: 'openSocket',
    method: 'GET',
    path: '/streams/__socket/{path}',
    tag: 'Streams',
    summary: 'A websocket that tails the stream, and on which it can be appended to.',
    description:
      'Frames are JSON: `{type: "event", event}` comes; `{type: "append", event, ref?}` and `{type: "ack", consumer, offset, ref?}` go, and are answered by `appended` or `problem` with their `ref`.',
    parameters: {
      afterOffset: {
        in: 'query',
        schema: z
          .union([z.enum(['start', 'end']), z.int().min(0)])
          .describe('Only what is behind this offset; all if absent.')
      },
      consumer: {
        in: 'query',
        schema: ConsumerName.describe(
          'Without `afterOffset`: only what this reader is not done with.'
        )
      }
    },
    answers: null
  }
];
