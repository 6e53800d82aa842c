/**
 * The HTTP API: the host's, behind the proxy of Jupyter Server, and that of `colophon serve`. Every request is
 * authenticated before anything of it is looked at, and every refusal is a problem with its reason.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { descriptionLink } from './description.js';
import { Refused, refuse, sendProblem } from './refusal.js';
import { JournalUnreachable, type Door, type Principal } from '../loop/door.js';
import type { RecordReader } from '../loop/record.js';
import { acceptSockets } from './upgrade.js';
import { ROUTES, type Exchange, type Route, type RouteContext } from './routes.js';

export interface ApiServer {
  readonly port: number;
  /** Takes nothing more and ends every tail. */
  close(): void;
}

/** Who a request is for, and what they may ask. */
export interface Admitted {
  readonly principal: Principal;
  readonly door: Door;
  readonly record: RecordReader;
}

export interface ApiOptions extends Omit<RouteContext, 'door' | 'record'> {
  /** Authenticates a request before anything else of it is looked at; refuses by throwing. */
  readonly admit: (request: IncomingMessage) => Admitted;
  /** Answers what is not of this API, e.g. another protocol on the same port; false if it is not its own. */
  readonly beside?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  /** Where to listen; a free port of 127.0.0.1 if it is not said. */
  readonly listen?: { readonly port: number; readonly host: string };
}

/** Settles once it listens; rejects if it cannot. */
export async function startApi(context: ApiOptions): Promise<ApiServer> {
  const server = createServer((request, response) => void answer(context, request, response));
  // Longer than any client keeps a connection, so that none is closed under a request.
  server.keepAliveTimeout = 120_000;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  });
  const endSockets = acceptSockets(server, context);
  await listening(server, context.listen ?? { port: 0, host: '127.0.0.1' });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      endSockets();
      server.close();
      server.closeAllConnections();
    }
  };
}

function listening(server: Server, where: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where.port, where.host, resolve);
  });
}

/**
 * A refusal is answered as such. Anything else thrown is a bug: it is logged and answered as 500, and
 * the host goes on, since an answer changes nothing; what changes state fails in the loop instead.
 */
async function answer(
  context: ApiOptions,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  // A reader that goes away while it is answered is no failure.
  response.on('error', () => undefined);
  try {
    if (await context.beside?.(request, response)) {
      return;
    }
    const { principal, door, record } = context.admit(request);
    const { path, query } = addressOf(request);
    response.setHeader('Link', descriptionLink(path));
    const { route, rest } = routeOf(request.method ?? '', path);
    const exchange: Exchange = { request, response, principal, query, rest };
    await route.answer({ ...context, door, record }, exchange);
  } catch (error) {
    if (error instanceof Refused) {
      const { code } = error.rejection;
      // What is left of a body that is too large is not read.
      const headers: Record<string, string> = request.complete ? {} : { Connection: 'close' };
      const allow = code === 'method-not-allowed' ? { Allow: allowed(request) } : {};
      sendProblem(response, error.rejection, { ...headers, ...allow });
    } else if (error instanceof JournalUnreachable) {
      sendProblem(response, error.rejection);
    } else if (!request.destroyed || request.complete) {
      console.error('api:', request.method, request.url, error);
      sendProblem(response, {
        code: 'internal',
        detail: 'This is a bug; the log has the details.'
      });
    }
  }
}

function addressOf(request: IncomingMessage): { path: string; query: URLSearchParams } {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(request.url ?? '') ?? [];
  return { path, query: new URLSearchParams(query) };
}

function routeOf(method: string, path: string): { route: Route; rest: string } {
  for (const route of ROUTES) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match !== null) {
      return { route, rest: match[1] ?? '' };
    }
  }
  return ROUTES.some(({ pattern }) => pattern.test(path))
    ? refuse('method-not-allowed', `${method} is not possible here.`)
    : refuse('not-found', 'There is nothing at this address.');
}

function allowed(request: IncomingMessage): string {
  const { path } = addressOf(request);
  return ROUTES.filter(({ pattern }) => pattern.test(path))
    .map(({ method }) => method)
    .join(', ');
}
