/** What the HTTP API answers, one function per route of docs/PROTOCOL.md §1. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ZodError } from 'zod';
import { parseCommand, published, type Command, type StreamPath } from '../../schema/index.js';
import { CLOUD_EVENT_TYPE, postOfCloudEvent } from '../core/push/cloud-event.js';
import type { Door, Principal } from '../loop/door.js';
import type { RecordReader } from '../loop/record.js';
import { ARTIFACT_ROUTES } from './artifacts.js';
import { DESCRIPTION_ROUTES } from './description.js';
import { formOf, sendHistory } from './history.js';
import { permit } from './permit.js';
import { RECORD_ROUTES } from './record.js';
import { REDACTION_ROUTES } from './redaction.js';
import { readPosting } from './posting.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseNumber, parseStreamPath, readBody, readBytes } from './request.js';
import { parseConsumer, SUBSCRIBER_ROUTES } from './subscriber-routes.js';
import { TREE_ROUTES } from './stream-tree.js';
import { sendTail, type TailOptions } from './tail.js';
import { VIEW_ROUTES } from './views.js';

export interface RouteContext {
  readonly door: Door;
  readonly record: RecordReader;
  readonly version: string;
  readonly maxBodyBytes: number;
  readonly schedule: TailOptions['schedule'];
}

/** One request with everything about it checked but its own parameters. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: Principal;
  readonly query: URLSearchParams;
  /** What the route's pattern captured; empty if it captures nothing. */
  readonly rest: string;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly pattern: RegExp;
  readonly answer: (context: RouteContext, exchange: Exchange) => Promise<void> | void;
}

const DEFAULT_LIMIT = 500;
const LARGEST_LIMIT = 5000;

export const ROUTES: readonly Route[] = [
  { method: 'POST', pattern: /^\/api\/commands$/, answer: postCommand },
  { method: 'GET', pattern: /^\/api\/streams\/__state\/(.*)$/, answer: getState },
  ...REDACTION_ROUTES,
  ...SUBSCRIBER_ROUTES,
  ...TREE_ROUTES,
  { method: 'GET', pattern: /^\/api\/streams\/(.*)$/, answer: getEvents },
  { method: 'POST', pattern: /^\/api\/streams\/(.*)$/, answer: postEvent },
  ...VIEW_ROUTES,
  ...ARTIFACT_ROUTES,
  { method: 'GET', pattern: /^\/api\/health$/, answer: getHealth },
  ...RECORD_ROUTES,
  ...DESCRIPTION_ROUTES
];

async function postCommand(
  { door, maxBodyBytes }: RouteContext,
  { request, response, principal }: Exchange
): Promise<void> {
  const command = checkedCommand(await readBody(request, maxBodyBytes));
  const answer = await door.submit(command, principal);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, { events: answer.events.map(published) });
}

function checkedCommand(body: unknown): Command {
  try {
    return parseCommand(body);
  } catch (error) {
    if (error instanceof ZodError) {
      refuse('malformed-request', `This is not a command: ${explain(error)}.`);
    }
    throw error;
  }
}

/** Whatever comes is kept: a body that is no event, too. */
async function postEvent(
  { door, maxBodyBytes }: RouteContext,
  { request, response, principal, rest }: Exchange
): Promise<void> {
  const stream = parseStreamPath(rest);
  if (rest.startsWith('__')) {
    refuse(
      'not-found',
      `There is nothing to post to at ${rest}: __ begins what the API answers itself.`
    );
  }
  const sent = readPosting(await readBytes(request, maxBodyBytes));
  const isCloudEvent = request.headers['content-type']?.startsWith(CLOUD_EVENT_TYPE) === true;
  const body = isCloudEvent ? postOfCloudEvent(sent) : sent;
  const answer = await door.streams.post(stream, body, principal);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, { event: published(answer.event) });
}

/** A stream reduced to what is true of it now. */
async function getState(
  { door }: RouteContext,
  { principal, response, rest }: Exchange
): Promise<void> {
  const streamPath = parseStreamPath(rest);
  await permit(door, principal, streamPath, 'read');
  const below = await door.streams.visible(principal, door.journal.streams(streamPath));
  const own = below.find(({ stream }) => stream === streamPath);
  if (below.length === 0) {
    refuse('unknown-stream', `Nothing has happened in ${streamPath}.`);
  }
  const { paused, closed, limit } = door.streams.gate(streamPath);
  sendJson(response, {
    streamPath,
    eventCount: own?.head ?? 0,
    createdAt: own?.createdAt ?? null,
    childPaths: below.flatMap(({ stream }) => (stream === streamPath ? [] : [stream])),
    paused,
    closed,
    limit,
    ...door.streams.rules(streamPath),
    ...door.streams.reactions(streamPath)
  });
}

async function getEvents({ door, schedule }: RouteContext, exchange: Exchange): Promise<void> {
  const { query, request, response } = exchange;
  const stream = parseStreamPath(exchange.rest);
  await permit(door, exchange.principal, stream, 'read');
  const head = door.journal.head(stream);
  const asked = parseAfter(query, head) ?? placeOf(door, stream, query);
  const before = parseNumber(query, 'beforeOffset', 1);
  const limit = parseNumber(query, 'limit', 1, LARGEST_LIMIT);
  const live = query.get('live') ?? 'false';
  if (live !== 'true' && live !== 'false') {
    refuse('malformed-request', 'live must be true or false.');
  }
  const after = live === 'true' ? (lastEventId(request) ?? asked) : asked;
  if (after !== undefined && after > head) {
    const detail = `The stream ends at ${head}, before offset ${after}: read it again from the start.`;
    refuse('malformed-request', detail, { head });
  }
  if (live === 'true') {
    const allowed = door.streams.stillReads(exchange.principal, stream);
    sendTail(response, door, { stream, after: after ?? 0, schedule, allowed });
    return;
  }
  if (head === 0) {
    refuse('unknown-stream', `Nothing has happened in ${stream}.`);
  }
  const newest = after === undefined && (limit !== undefined || before !== undefined);
  const form = formOf(request);
  if (form !== 'page') {
    const range = {
      stream,
      ...(!newest && { after: after ?? 0 }),
      ...(before !== undefined && { before }),
      ...(limit !== undefined && { limit })
    };
    await sendHistory(response, door.journal, range, form);
    return;
  }
  const events = door.journal.read(stream, {
    ...(!newest && { after: after ?? 0 }),
    ...(before !== undefined && { before }),
    limit: limit ?? DEFAULT_LIMIT
  });
  sendJson(response, { events: events.map(published), head });
}

/** Where the reader that the query names is; an offset that the query gives is stronger. */
function placeOf(door: Door, stream: StreamPath, query: URLSearchParams): number | undefined {
  const consumer = parseConsumer(query);
  return consumer === undefined
    ? undefined
    : door.streams.subscribers.consumers.placeOf(stream, consumer);
}

function parseAfter(query: URLSearchParams, head: number): number | undefined {
  switch (query.get('afterOffset')) {
    case 'start':
      return 0;
    case 'end':
      return head;
    default:
      return parseNumber(query, 'afterOffset', 0);
  }
}

/** A browser that connects again repeats the address but says here what it had. */
function lastEventId(request: IncomingMessage): number | undefined {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && header !== ''
    ? parseNumber(new URLSearchParams({ 'Last-Event-ID': header }), 'Last-Event-ID', 0)
    : undefined;
}

function getHealth({ door, version }: RouteContext, { response }: Exchange): void {
  sendJson(response, { version, journal: door.journal.health(), agents: door.agents() });
}
