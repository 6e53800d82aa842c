/** Requests under the reserved prefix __ds: subscriptions, their workers, and the signing keys. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DurableStreams } from './durable-streams.js';
import { header, readObject, send, sendJson } from './http.js';
import { parseOffset } from './offsets.js';
import { refuse, refuseCode } from './refusal.js';
import { configOf, pathsOf, type SubscriptionConfig } from './subscription-config.js';
import type { SubscriptionRow } from './subscription-records.js';

/** Answers a request; `path` is what follows `__ds/`. */
export async function answerControl(
  context: DurableStreams,
  path: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  if (path === 'jwks.json' && request.method === 'GET') {
    return sendJson(response, 200, context.signing.jwks(), {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': 'public, max-age=300'
    });
  }
  const [, rawId, action, rest] =
    /^subscriptions\/([^/]+)(?:\/([^/]+)(?:\/(.+))?)?$/.exec(path) ?? [];
  if (rawId === undefined) {
    return refuse(404, 'There is nothing at this address.');
  }
  const id = decode(rawId);
  if (action === undefined && request.method === 'PUT') {
    return putSubscription(context, id, request, response);
  }
  const row = context.subscriptions.find(id) ?? unknownSubscription();
  switch (`${request.method} ${action ?? ''}${rest === undefined ? '' : '/'}`) {
    case 'GET ':
      return sendJson(response, 200, describe(context, row));
    case 'DELETE ':
      context.streams.records.atomically(() => context.subscriptions.delete(id));
      context.wakes.cancel(id);
      return send(response, 204);
    case 'POST streams': {
      const paths = pathsOf((await readObject(request))['streams']);
      context.streams.records.atomically(() => context.subscriptions.follow(id, paths));
      return send(response, 204);
    }
    case 'DELETE streams/':
      context.subscriptions.unfollow(id, decode(rest ?? ''));
      return send(response, 204);
    case 'POST claim':
      return claim(context, id, await readObject(request), response);
    case 'POST callback':
    case 'POST ack':
      return acknowledge(context, id, request, response);
    case 'POST release': {
      fence(context, id, request, await readObject(request));
      context.wakes.finish(id);
      return send(response, 204);
    }
    default:
      return refuse(405, 'This is not possible here.');
  }
}

async function putSubscription(
  context: DurableStreams,
  id: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const config = configOf(await readObject(request), context.localWebhooks);
  const existing = context.subscriptions.find(id);
  if (existing !== undefined && existing.config !== JSON.stringify(config)) {
    refuseCode(409, 'CONFIG_MISMATCH', 'A subscription with another configuration has this id.');
  }
  if (existing === undefined) {
    const at = new Date(context.clock.now()).toISOString();
    context.streams.records.atomically(() => context.subscriptions.insert(id, config, at));
  }
  const row = context.subscriptions.find(id) ?? unknownSubscription();
  sendJson(response, existing === undefined ? 201 : 200, describe(context, row));
}

function claim(
  context: DurableStreams,
  id: string,
  { worker }: Record<string, unknown>,
  response: ServerResponse
): void {
  if (typeof worker !== 'string' || worker === '') {
    refuseCode(400, 'INVALID_REQUEST', 'worker must name the worker.');
  }
  context.wakes.wake(id);
  const row = context.subscriptions.find(id) ?? unknownSubscription();
  const config = JSON.parse(row.config) as SubscriptionConfig;
  if (config.type !== 'pull-wake') {
    refuseCode(409, 'NOT_CLAIMABLE', 'Only a pull-wake subscription can be claimed.');
  }
  if (row.holder !== null) {
    refuseCode(409, 'ALREADY_CLAIMED', 'Another worker holds the lease.', {
      current_holder: row.holder,
      generation: row.generation
    });
  }
  if (row.wake === null) {
    refuseCode(409, 'NO_PENDING_WORK', 'There is no work; wait for the next wake.');
  }
  const token = context.wakes.claim(row, String(worker), config.lease_ttl_ms);
  sendJson(response, 200, {
    wake_id: row.wake,
    generation: row.generation,
    token,
    streams: context.subscriptions.followed(id),
    lease_ttl_ms: config.lease_ttl_ms
  });
}

async function acknowledge(
  context: DurableStreams,
  id: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const body = await readObject(request);
  const row = fence(context, id, request, body);
  const acks = Array.isArray(body['acks']) ? (body['acks'] as unknown[]) : [];
  const tails = new Map(
    context.subscriptions.followed(id).map(one => [one.path, parseOffset(one.tail_offset) ?? 0])
  );
  const positions = acks.map(ack => {
    const { stream, offset } = (ack ?? {}) as { stream?: unknown; offset?: unknown };
    const position = typeof offset === 'string' ? parseOffset(offset) : undefined;
    if (
      typeof stream !== 'string' ||
      position === undefined ||
      position > (tails.get(stream) ?? -1)
    ) {
      return refuseCode(400, 'INVALID_REQUEST', 'An ack names a followed stream and its offset.');
    }
    return { stream, position };
  });
  context.streams.records.atomically(() => {
    for (const { stream, position } of positions) {
      context.subscriptions.ack(id, stream, position);
    }
  });
  if (body['done'] === true) {
    return sendJson(response, 200, { ok: true, next_wake: context.wakes.finish(id) });
  }
  const { lease_ttl_ms: leaseMs } = JSON.parse(row.config) as SubscriptionConfig;
  context.wakes.extend(id, leaseMs);
  sendJson(response, 200, { ok: true, next_wake: false });
}

/** The subscription, if the request is of the wake in flight and of its holder. */
function fence(
  context: DurableStreams,
  id: string,
  request: IncomingMessage,
  body: Record<string, unknown>
): SubscriptionRow {
  const row = context.subscriptions.find(id) ?? unknownSubscription();
  const given = Buffer.from(
    /^Bearer (.+)$/i.exec(header(request, 'authorization') ?? '')?.[1] ?? ''
  );
  const token = Buffer.from(row.token ?? '');
  const held = token.length > 0 && given.length === token.length && timingSafeEqual(given, token);
  return held && body['wake_id'] === row.wake && body['generation'] === row.generation
    ? row
    : refuseCode(409, 'FENCED', 'This wake is over; stop working on it.');
}

function describe(context: DurableStreams, row: SubscriptionRow): unknown {
  const config = JSON.parse(row.config) as SubscriptionConfig;
  const signing = {
    alg: 'ed25519',
    kid: context.signing.kid,
    jwks_url: `${context.root}/__ds/jwks.json`
  };
  return {
    id: row.id,
    subscription_id: row.id,
    ...config,
    webhook: config.webhook && { ...config.webhook, signing },
    streams: context.subscriptions.followed(row.id),
    created_at: row.created_at,
    status: row.failures > 0 ? 'failed' : 'active'
  };
}

function unknownSubscription(): never {
  return refuseCode(404, 'NOT_FOUND', 'There is no such subscription.');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(400, 'The path is not percent-encoded UTF-8.');
  }
}
