/** `colophon serve` with two people and an admin, which tests may kill, and websockets of theirs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { PublishedEvent } from '../../schema/index.js';
import { until } from '../e2e/until.js';
import { checkedFetch } from '../openapi-check.js';

const PROGRAM = join(import.meta.dirname, '..', '..', 'jupyterlab_colophon', 'agent', 'serve.js');
const TOKENS = {
  ann: 'a-token-for-ann-in-tests',
  bob: 'a-token-for-bob-in-tests',
  /** An admin. */
  root: 'a-token-for-root-in-tests'
};
export type Person = keyof typeof TOKENS;

export interface Answer<T> {
  readonly status: number;
  readonly body: T & { readonly code?: string; readonly detail?: string };
}

export class PushService {
  readonly #dir = mkdtempSync(join(tmpdir(), 'colophon-push-'));
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;
  #output = '';
  #port = 0;

  constructor(...options: string[]) {
    this.#options = options;
  }

  /** Starts it, always on the same port. */
  async start(): Promise<this> {
    const tokens = `${this.#dir}/tokens`;
    writeFileSync(
      tokens,
      Object.entries(TOKENS)
        .map(([name, token]) => `${name} ${token}${name === 'root' ? ' admin' : ''}`)
        .join('\n')
    );
    const args = ['--dir', this.#dir, '--port', String(this.#port), '--tokens', tokens];
    this.#output = '';
    const child = spawn(process.execPath, [PROGRAM, ...args, ...this.#options]);
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    const port = await until('it serves', () => {
      if (child.exitCode !== null) {
        throw new Error(this.#output);
      }
      return /http:\/\/127\.0\.0\.1:(\d+)\/api/.exec(this.#output)?.[1];
    });
    this.#port = Number(port);
    return this;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill(signal);
      await ended;
    }
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.#dir, { recursive: true, force: true });
  }

  address(path: string): string {
    return `http://127.0.0.1:${this.#port}/api/streams/${path}`;
  }

  credentials(person: Person): Record<string, string> {
    return { Authorization: `Bearer ${TOKENS[person]}` };
  }

  /** A request of the Durable Streams protocol; `path` is the stream's, without its first slash. */
  durable(path: string, init: RequestInit = {}, person: Person = 'ann'): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...this.credentials(person) };
    const url = `http://127.0.0.1:${this.#port}/v1/stream/${path}`;
    return fetch(url, { ...init, headers: { ...headers, ...init.headers } });
  }

  /** Bytes of memory that the process uses. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.#child?.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  }

  fetch(path: string, init: RequestInit = {}, person: Person = 'ann'): Promise<Response> {
    const headers = { Accept: 'application/json', ...this.credentials(person), ...init.headers };
    const root = `http://127.0.0.1:${this.#port}/`;
    return checkedFetch(root, this.address(path), { ...init, headers });
  }

  async json<T>(path: string, init: RequestInit = {}, person?: Person): Promise<Answer<T>> {
    const response = await this.fetch(path, init, person);
    return { status: response.status, body: (await response.json()) as Answer<T>['body'] };
  }

  post(path: string, body: unknown, person?: Person, type = 'application/json') {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': type } };
    return this.json<{ event: PublishedEvent }>(path, init, person);
  }

  socket(path: string, person: Person = 'ann', token = TOKENS[person]): SocketReader {
    const mark = path.includes('?') ? '&' : '?';
    const url = `ws://127.0.0.1:${this.#port}/api/streams/__socket/${path}${mark}token=${token}`;
    return new SocketReader(new WebSocket(url));
  }
}

interface Frame {
  readonly type: 'event' | 'appended' | 'problem';
  readonly event: PublishedEvent;
  readonly problem: { readonly code: string; readonly detail: string };
  readonly ref?: string | number;
}

/** A client's end of a websocket of a stream, with all that it was told. */
export class SocketReader {
  readonly frames: Frame[] = [];
  /** How it ended; null while it is open. */
  closed: number | null = null;
  /** Status and body of what was answered in place of a websocket. */
  refused: { status: number; body: string } | null = null;
  pings = 0;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')) as Frame);
    });
    socket.on('ping', () => (this.pings += 1));
    socket.on('close', code => (this.closed = code));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        this.refused = { status: response.statusCode ?? 0, body };
      });
    });
  }

  async opened(): Promise<this> {
    await until('the websocket is open', () => this.socket.readyState === WebSocket.OPEN);
    return this;
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The frames of one type. */
  of(type: Frame['type']): Frame[] {
    return this.frames.filter(frame => frame.type === type);
  }

  get offsets(): number[] {
    return this.of('event').map(({ event }) => event.offset);
  }

  until(type: Frame['type'], count: number): Promise<Frame[]> {
    return until(`${count} frames ${type}`, () => {
      const frames = this.of(type);
      return frames.length >= count && frames;
    });
  }
}
