/** Operations on streams: post, read, follow. */
import { z } from 'zod';
import { Post, RedactionBody, StreamPath } from '../../../schema/index.js';
import { ConsumerName } from '../subscriber-routes.js';
import { StreamList } from './bodies.js';
import { AnyEvent } from './components.js';
import type { Operation } from './operation.js';
import { StreamState } from './stream-state.js';

const PATH =
  'The path may be written as it is (`streams/a/b`), or with its slashes encoded (`streams/a%2Fb`).';

export const STREAM_OPERATIONS: readonly Operation[] = [
  {
    id: 'listStreams',
    method: 'GET',
    path: '/streams',
    tag: 'Streams',
    summary: 'The streams that you may read.',
    parameters: {
      prefix: { in: 'query', schema: StreamPath.describe('Only this stream and those below it.') },
      depth: {
        in: 'query',
        schema: z.int().min(1).describe('Only so many levels below the prefix, without itself.')
      }
    },
    answers: { 'application/json': StreamList }
  },
  {
    id: 'postEvent',
    method: 'POST',
    path: '/streams/{path}',
    tag: 'Streams',
    summary: 'Appends an event to a stream, which comes into being by it.',
    description: `Answered once it is durable. A body that is no event, JSON or not, is kept as \`invalid-event-appended\`. ${PATH}`,
    body: {
      'application/json': z.union([Post, z.unknown().describe('Anything else is kept, too.')]),
      'application/cloudevents+json': {
        text: 'A CloudEvent 1.0, whose type and data become those of the event.'
      },
      '*/*': { text: 'Anything is kept.' }
    },
    bodyExample: { type: 'measured', payload: { celsius: 21.4 } },
    answers: { 'application/json': z.strictObject({ event: AnyEvent }) },
    refusals: [
      'stream-paused',
      'stream-closed',
      'journal-full',
      'offset-mismatch',
      'reserved-type',
      'unknown-notebook',
      'not-found',
      'body-too-large',
      'shutting-down'
    ]
  },
  {
    id: 'readStream',
    method: 'GET',
    path: '/streams/{path}',
    tag: 'Streams',
    summary:
      'The events of a stream, by Accept as server-sent events, JSON Lines or one JSON page.',
    description: `With \`live=true\` server-sent events, first what is stored, then as it happens; a comment line every 15 s. A page has 500 events if no \`limit\` is given; the other forms have no limit of their own. ${PATH}`,
    parameters: {
      afterOffset: {
        in: 'query',
        schema: z
          .union([z.enum(['start', 'end']), z.int().min(0)])
          .describe('Only what is behind this offset.')
      },
      beforeOffset: {
        in: 'query',
        schema: z.int().min(1).describe('Only what is before this offset.')
      },
      limit: {
        in: 'query',
        schema: z
          .int()
          .min(1)
          .max(5000)
          .describe('At most so many; without `afterOffset` the newest of them.')
      },
      consumer: {
        in: 'query',
        schema: ConsumerName.describe(
          'Without `afterOffset`: only what this reader is not done with.'
        )
      },
      live: {
        in: 'query',
        schema: z.enum(['true', 'false']).describe('Goes on with what happens from now on.')
      },
      'Last-Event-ID': {
        in: 'header',
        schema: z
          .int()
          .min(0)
          .describe('With `live=true`: what a reader had when its connection broke.')
      }
    },
    answers: {
      'text/event-stream': {
        each: AnyEvent,
        text: 'Each event as `id: <offset>`, `event: message`, `data: <Event>`.'
      },
      'application/x-ndjson': { each: AnyEvent, text: 'One event in a line.' },
      'application/json': z.strictObject({
        events: z.array(AnyEvent),
        head: z.int().min(0).describe('Offset of the newest event of the stream.')
      })
    },
    refusals: ['unknown-stream']
  },
  {
    id: 'readStreamState',
    method: 'GET',
    path: '/streams/__state/{path}',
    tag: 'Streams',
    summary: 'The stream reduced to what is true of it now.',
    answers: {
      'application/json': StreamState
    },
    refusals: ['unknown-stream']
  },
  {
    id: 'deleteStream',
    method: 'DELETE',
    path: '/streams/{path}',
    tag: 'Streams',
    summary: 'Deletes a stream with all its events, for good.',
    description: `A notebook's stream is deleted only if \`confirm\` says its path. ${PATH}`,
    parameters: {
      children: {
        in: 'query',
        schema: z.enum(['true', 'false']).describe('The streams below it, too.')
      },
      confirm: { in: 'query', schema: z.string().describe('The path of the stream once more.') }
    },
    answers: {
      'application/json': z.strictObject({
        deleted: z.array(StreamPath).describe('What is gone.')
      })
    },
    refusals: ['unknown-stream', 'stream-has-children', 'stream-in-use', 'journal-full']
  },
  {
    id: 'redactEvent',
    method: 'POST',
    path: '/streams/__redact/{path}',
    tag: 'Streams',
    summary: 'Erases the payload of an event that somebody posted, visibly.',
    body: { 'application/json': RedactionBody },
    bodyExample: { offset: 7, reason: 'It held a password.' },
    answers: { 'application/json': z.strictObject({ event: AnyEvent }) },
    refusals: [
      'unknown-stream',
      'not-found',
      'reserved-type',
      'stream-paused',
      'stream-closed',
      'body-too-large',
      'journal-full'
    ]
  }
];
