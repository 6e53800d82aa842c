/**
 * The Durable Streams protocol over a journal, with the rules that hold for every door: what of it the
 * host and `colophon serve` have in common.
 */
import type { IncomingMessage } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { Draft, Rejection, StreamPath } from '../schema/index.js';
import { permit } from './api/permit.js';
import { refuse } from './api/refusal.js';
import { systemClock } from './clock.js';
import { isSystemStream, notebookOf, type Want } from './core/stream/access.js';
import type { Caller } from './durable-streams/caller.js';
import { DurableStreams } from './durable-streams/durable-streams.js';
import { streamOf } from './durable-streams/paths.js';
import { randomIds } from './ids.js';
import { actorOf } from './loop/commands.js';
import type { Door, Principal } from './loop/door.js';
import type { Journal } from './ports/host.js';
import type { Push } from './ports/push.js';

/** How long a long-poll waits for more. */
const LONG_POLL_MS = 20_000;

export interface DurableDoor {
  readonly journal: Journal;
  readonly database: DatabaseSync;
  /** Sends wakes to webhooks. */
  readonly push: Push;
  /** The address of all streams as clients reach it. */
  readonly root: string;
  /** What is appended of these drafts and what follows from them; or the refusal. */
  readonly admit: (stream: StreamPath, drafts: readonly Draft[]) => readonly Draft[] | Rejection;
  /** Removes a stream, if it is there; durable on return. */
  readonly remove: (stream: StreamPath, caller: Caller) => void;
}

/** Opens the protocol's part; the caller closes it before the journal. */
export function openDurableStreams({
  journal,
  database,
  push,
  root,
  admit,
  remove
}: DurableDoor): DurableStreams {
  return new DurableStreams({
    ...{ journal, database, push, root, clock: systemClock, ids: randomIds },
    longPollMs: LONG_POLL_MS,
    localWebhooks: false,
    gatekeeper: {
      // Wakes are appended for no request, and so come past the door below.
      admit: (stream, drafts) => serversOwn(stream) ?? admit(stream, drafts),
      remove
    }
  });
}

/** Whether a request is for the protocol. */
export function isDurableStreams(url: string | undefined): url is string {
  return url?.startsWith('/v1/stream/') ?? false;
}

const ROOT = '/v1/stream/';
/** What bears no token of ours: the keys of webhooks, and answers to a wake, which bear its own. */
const OPEN_CONTROL = /^__ds\/(?:jwks\.json|subscriptions\/[^/]+\/(?:callback|ack|release))$/;
const WANTS: Readonly<Record<string, Want>> = { GET: 'read', HEAD: 'read', DELETE: 'own' };

/** May the request come without a token of ours? */
export function isOpen({ method, url = '' }: IncomingMessage): boolean {
  return method === 'OPTIONS' || OPEN_CONTROL.test(pathIn(url));
}

/**
 * Who makes the request, once it is certain that they may; refuses (403) otherwise. Subscriptions see
 * every stream, so they are for who may use every stream.
 */
export async function callerOf(
  door: Pick<Door, 'streams' | 'journal'>,
  principal: Principal,
  request: IncomingMessage
): Promise<Caller> {
  const caller = { actor: actorOf(principal) };
  const path = pathIn(request.url ?? '');
  if (isOpen(request)) {
    return caller;
  }
  if (path === '__ds' || path.startsWith('__ds/')) {
    return principal.may.some(right => right === 'admin' || right === 'server')
      ? caller
      : refuse('forbidden', 'Subscriptions see every stream, so they are for administrators.');
  }
  const stream = streamOf(path);
  const want = WANTS[request.method ?? ''] ?? 'write';
  if (want !== 'read') {
    refuseServersOwn(door, stream);
  }
  const from = request.headers['stream-forked-from'];
  const source = typeof from === 'string' ? streamOf(pathIn(from)) : undefined;
  if (source !== undefined) {
    await permit(door, principal, source, 'read');
  }
  const entitlement = await permit(door, principal, stream, want);
  const ask = () => {
    const read = source && door.streams.decide(principal, source, 'read');
    return read && 'rejection' in read ? read : door.streams.decide(principal, stream, want);
  };
  return { ...caller, entitlement, ask };
}

function serversOwn(stream: StreamPath): Rejection | null {
  const detail = `What is in ${stream} is stated by the server alone. Use another stream.`;
  return isSystemStream(stream) ? { code: 'forbidden', detail } : null;
}

/** What the server alone writes, admins or not, and what would begin below no notebook. */
function refuseServersOwn({ journal }: Pick<Door, 'journal'>, stream: StreamPath): void {
  const rejection = serversOwn(stream);
  if (rejection !== null) {
    refuse(rejection.code, rejection.detail);
  }
  const notebook = notebookOf(stream);
  if (notebook !== undefined && journal.head(notebook) === 0) {
    const detail = `There is no notebook with the stream ${notebook}. A stream begins when its notebook is first opened.`;
    refuse('unknown-notebook', detail);
  }
}

/** The path of the stream in an address, or in what stands for one. */
function pathIn(url: string): string {
  const [pathname = ''] = url.split(/[?#]/, 1);
  const at = pathname.indexOf(ROOT);
  return at < 0 ? pathname : pathname.slice(at + ROOT.length);
}
