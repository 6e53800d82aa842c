/** A real HTTP server that takes webhooks, and answers what it is told to. */
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Reply =
  /** No answer at all. */
  | 'silence'
  /** The connection ends. */
  | 'end'
  | { readonly status: number; readonly headers?: Record<string, string> };

const TAKEN: Reply = { status: 204 };

export class Receiver {
  /** Every request, in the order in which they came. */
  readonly received: Received[] = [];
  /** Requests that are not yet answered, now and at most. */
  open = 0;
  mostOpen = 0;
  /** What is answered to a request. */
  reply: (request: Received) => Reply = () => TAKEN;
  /** The body of every answer. */
  replyBody = '';
  readonly #server: Server = createServer((request, response) => {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    response.on('close', () => (this.open -= 1));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers, url: path = '' } = request;
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { path, id: String(headers['webhook-id']), headers, body };
      this.received.push(one);
      this.#answer(response, this.reply(one));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** The address of a path; `host` stands for the one that it listens on. */
  url(path = '/hook', host = '127.0.0.1'): string {
    return `http://${host}:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Bodies as JSON, of one path. */
  bodies<T>(path = '/hook'): T[] {
    return this.received.flatMap(one => (one.path === path ? [JSON.parse(one.body) as T] : []));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(response: ServerResponse, reply: Reply): void {
    if (reply === 'end') {
      response.destroy();
    } else if (reply !== 'silence') {
      response.writeHead(reply.status, reply.headers).end(this.replyBody);
    }
  }
}
