/** The routes of who follows a stream and is remembered: places of readers, and secrets of what is sent. */
import { z } from 'zod';
import { Slug, type StreamPath } from '../../schema/index.js';
import { lastingName } from '../core/stream/asker.js';
import type { Consumers } from '../loop/consumers.js';
import type { Door, Principal } from '../loop/door.js';
import { permit } from './permit.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseStreamPath, readBody } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

/** The name of a reader; unique in the stream. */
export const ConsumerName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/, '1 to 128 of A-Z, a-z, 0-9 and _.:@-')
  .describe('Name of a reader; unique in the stream.');

/** A body of `POST /api/streams/__cursor/<path>`. */
export const Acknowledgement = z.strictObject({
  consumer: ConsumerName,
  offset: z.int().min(0).describe('The last one that it is done with.'),
  force: z.boolean().optional().describe('Goes back, too.')
});

export const SUBSCRIBER_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/api\/streams\/__cursor\/(.*)$/, answer: getCursors },
  { method: 'POST', pattern: /^\/api\/streams\/__cursor\/(.*)$/, answer: postCursor },
  { method: 'GET', pattern: /^\/api\/streams\/__secret\/(.*)$/, answer: getSecret },
  { method: 'GET', pattern: /^\/api\/streams\/__socket\/.*$/, answer: notASocket }
];

/** The reader that a query names; undefined if it names none. */
export function parseConsumer(query: URLSearchParams): string | undefined {
  const text = query.get('consumer');
  const parsed = ConsumerName.optional().safeParse(text ?? undefined);
  return parsed.success
    ? parsed.data
    : refuse('malformed-request', `This is no name of a reader: ${explain(parsed.error)}.`);
}

async function getCursors(
  { door }: RouteContext,
  { response, principal, rest }: Exchange
): Promise<void> {
  const stream = parseStreamPath(rest);
  await permit(door, principal, stream, 'read');
  sendJson(response, {
    head: door.journal.head(stream),
    consumers: door.streams.subscribers.consumers.list(stream),
    subscriptions: door.streams.subscribers.subscriptions(stream)
  });
}

async function postCursor(
  { door, maxBodyBytes }: RouteContext,
  { request, response, principal, rest }: Exchange
): Promise<void> {
  const stream = parseStreamPath(rest);
  const parsed = Acknowledgement.safeParse(await readBody(request, maxBodyBytes));
  if (!parsed.success) {
    refuse('malformed-request', `Send {consumer, offset, force?}: ${explain(parsed.error)}.`);
  }
  const answer = await acknowledge(door, principal, stream, parsed.data);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, answer);
}

/** Moves the place of a reader for whoever may read the stream now. */
export async function acknowledge(
  door: Door,
  principal: Principal,
  stream: StreamPath,
  { consumer, offset, force }: z.infer<typeof Acknowledgement>
): ReturnType<Consumers['acknowledge']> {
  const access = await door.streams.access(principal, stream, 'read');
  if ('rejection' in access) {
    return access;
  }
  if (door.journal.head(stream) === 0) {
    return {
      rejection: { code: 'unknown-stream', detail: `Nothing has happened in ${stream}.` }
    };
  }
  const owns = 'entitlement' in door.streams.decide(principal, stream, 'own');
  const mover = { name: lastingName(principal), owns };
  return door.streams.subscribers.consumers.acknowledge(stream, consumer, offset, mover, force);
}

async function getSecret(
  { door }: RouteContext,
  { response, principal, query, rest }: Exchange
): Promise<void> {
  const stream = parseStreamPath(rest);
  await permit(door, principal, stream, 'write');
  const slug = Slug.safeParse(query.get('slug'));
  if (!slug.success) {
    refuse('malformed-request', 'Say whose secret: ?slug=<the subscription>.');
  }
  sendJson(response, {
    slug: slug.data,
    secret: door.streams.subscribers.secretOf(stream, slug.data, principal)
  });
}

function notASocket(): void {
  refuse('malformed-request', 'This is the address of a websocket: ask for an upgrade.');
}
