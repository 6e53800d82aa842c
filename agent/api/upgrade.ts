/**
 * Requests that become websockets. They are authenticated and refused as every other request of the
 * API is; what is refused is answered as a problem, and no websocket comes of it.
 */
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { JournalUnreachable } from '../loop/door.js';
import { permit } from './permit.js';
import { Refused, refuse, sendProblem } from './refusal.js';
import { parseNumber, parseStreamPath } from './request.js';
import type { Admitted } from './server.js';
import { StreamSocket, type SocketOptions } from './socket.js';
import { parseConsumer } from './subscriber-routes.js';

export interface UpgradeOptions {
  /** Authenticates a request; refuses by throwing. */
  readonly admit: (request: IncomingMessage) => Pick<Admitted, 'principal' | 'door'>;
  /** Largest frame of a reader. */
  readonly maxBodyBytes: number;
  readonly schedule: SocketOptions['schedule'];
}

/** Takes websockets on the server; the returned function ends them all. */
export function acceptSockets(server: Server, context: UpgradeOptions): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: context.maxBodyBytes,
    perMessageDeflate: false
  });
  server.on('upgrade', (request, duplex, head) => {
    duplex.on('error', () => duplex.destroy());
    begin(context, request).then(
      ({ door, options }) => {
        sockets.handleUpgrade(request, duplex, head, socket => {
          new StreamSocket(socket, door, options);
        });
      },
      (error: unknown) => refuseUpgrade(request, duplex, error)
    );
  });
  return () => {
    sockets.clients.forEach(socket => socket.close(1001, 'shutting down'));
    sockets.close();
  };
}

async function begin({ admit, schedule }: UpgradeOptions, request: IncomingMessage) {
  const { principal, door } = admit(request);
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://host');
  const rest = /^\/api\/streams\/__socket\/(.*)$/.exec(pathname)?.[1];
  if (rest === undefined) {
    refuse('not-found', 'There is no websocket at this address.');
  }
  const stream = parseStreamPath(rest);
  await permit(door, principal, stream, 'read');
  const head = door.journal.head(stream);
  const after = query.get('afterOffset');
  const asked =
    after === 'start' ? 0 : after === 'end' ? head : parseNumber(query, 'afterOffset', 0);
  const consumer = parseConsumer(query);
  const place =
    asked ??
    (consumer === undefined ? 0 : door.streams.subscribers.consumers.placeOf(stream, consumer));
  if (place > head) {
    const detail = `The stream ends at ${head}, before offset ${place}: read it again from the start.`;
    refuse('malformed-request', detail, { head });
  }
  const allowed = door.streams.stillReads(principal, stream);
  const options: SocketOptions = { stream, principal, after: place, allowed, schedule };
  return { door, options };
}

function refuseUpgrade(request: IncomingMessage, duplex: Duplex, error: unknown): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(duplex as Parameters<typeof response.assignSocket>[0]);
  response.on('finish', () => duplex.end());
  if (error instanceof Refused || error instanceof JournalUnreachable) {
    sendProblem(response, error.rejection, { Connection: 'close' });
  } else {
    // Without its query, which may have a token.
    console.error('api: upgrade', request.url?.split('?', 1)[0], error);
    const detail = 'This is a bug; the log has the details.';
    sendProblem(response, { code: 'internal', detail }, { Connection: 'close' });
  }
}
