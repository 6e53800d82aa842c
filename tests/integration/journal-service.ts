/**
 * `colophon serve` as a process that tests may kill, starve and lie to; and its clients: writers that
 * send the same key again until they have an answer, readers that follow a stream over every break.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { until } from '../e2e/until.js';
import type { Operation, Seen } from './append-checker.js';

const TOKEN = 'a-token-for-the-tests';

export interface ServiceOptions {
  readonly program: string;
  readonly dir: string;
  /** A command that runs the service, e.g. a tracer; empty for none. */
  readonly under?: readonly string[];
}

export class JournalService {
  output = '';
  readonly #options: ServiceOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Starts it, always on the same port; settles once it listens. */
  async start(): Promise<void> {
    const { dir, program, under = [] } = this.#options;
    mkdirSync(dir, { recursive: true });
    const tokens = `${dir}.tokens`;
    writeFileSync(tokens, `ann ${TOKEN}\n`);
    const args = ['--dir', dir, '--port', String(this.#port), '--tokens', tokens];
    const [command = '', ...rest] = [...under, process.execPath, program, ...args];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`The service ended at its start: ${this.output}`);
    });
    const first = once(createInterface({ input: child.stdout }), 'line');
    const [line] = (await Promise.race([first, ended])) as [string];
    ended.catch(() => undefined);
    this.#port = Number(/:(\d+)\/api/.exec(line)?.[1]);
  }

  /** The process, of the command that it runs under. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Kills it and whatever runs it, at once or politely; settles when it is gone. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.pid !== undefined && this.running) {
      const gone = once(child, 'exit');
      process.kill(-child.pid, signal);
      await gone;
    }
  }

  /** One request; rejects if the connection breaks. */
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request({
        ...this.#address(path),
        ...{ method, agent: this.#agent },
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          Accept: 'application/x-ndjson',
          'Content-Length': Buffer.byteLength(text)
        }
      });
      sent.on('error', reject);
      sent.on('response', (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        );
      });
      sent.end(text);
    });
  }

  /** Everything in the stream. */
  async read(stream: string): Promise<Seen[]> {
    const { status, body } = await this.send('GET', `streams${stream}`);
    const lines = status === 200 ? body.split('\n').filter(line => line !== '') : [];
    return lines.map(line => seenOf(line));
  }

  /** Follows the stream until `end`; connects again behind what it has, whatever breaks. */
  follow(stream: string, cutEvery = Infinity): { readonly seen: Seen[]; end: () => void } {
    const seen: Seen[] = [];
    let ended = false;
    let current: ReturnType<typeof request> | undefined;
    const connect = (): void => {
      if (ended) {
        return;
      }
      const after = seen.at(-1)?.offset ?? 0;
      const cutAt = seen.length + cutEvery;
      const sent = request({
        ...this.#address(`streams${stream}?live=true&afterOffset=${after}`),
        headers: { Authorization: `Bearer ${TOKEN}` }
      });
      current = sent;
      let closed = false;
      const again = (): void => {
        if (!closed) {
          closed = true;
          setTimeout(connect, 10);
        }
      };
      sent.on('error', again);
      sent.on('response', (response: IncomingMessage) => {
        response.on('error', again).on('close', again);
        const lines = createInterface({ input: response }).on('error', again);
        lines.on('line', line => {
          if (line.startsWith('data: ') && line.endsWith('}') && seen.length < cutAt) {
            seen.push(seenOf(line.slice('data: '.length)));
          }
          if (seen.length >= cutAt) {
            response.destroy();
          }
        });
      });
      sent.end();
    };
    connect();
    return {
      seen,
      end: () => {
        ended = true;
        current?.destroy();
      }
    };
  }

  /** Where it listens, and what a client must send. */
  get door(): { readonly port: number; readonly token: string } {
    return { port: this.#port, token: TOKEN };
  }

  /** Frees what the clients hold. */
  close(): void {
    this.#agent.destroy();
  }

  #address(path: string) {
    return { host: '127.0.0.1', port: this.#port, path: `/api/${path}` };
  }
}

function seenOf(json: string): Seen {
  const event = JSON.parse(json) as { offset: number; payload?: { key?: string } };
  return { offset: event.offset, key: event.payload?.key ?? '' };
}

export interface Writing {
  readonly service: JournalService;
  readonly stream: string;
  readonly writer: string;
  /** So many events, each sent until it is acknowledged or `stopped`. */
  readonly count: number;
  readonly stopped: () => boolean;
  /** Names the offset that the event must get; after a refusal the one that the answer told. */
  readonly expecting?: boolean;
  /** Text that makes each event so many characters longer. */
  readonly padding?: number;
}

/** Writes one event after the other; pushes every attempt to `operations`. */
export async function write(writing: Writing, operations: Operation[]): Promise<void> {
  const { service, stream, writer, count, stopped } = writing;
  let next = 1;
  for (let nth = 0; nth < count && !stopped(); nth += 1) {
    const key = `${writer}.${nth}`;
    let stored = false;
    while (!stored && !stopped()) {
      const expected = writing.expecting ? { expectedOffset: next } : {};
      const payload = { key, text: 'x'.repeat(writing.padding ?? 0) };
      const body = { type: 'tick', payload, idempotencyKey: key, ...expected };
      const invokedAt = performance.now();
      const answer = await service.send('POST', `streams${stream}`, body).catch(() => null);
      const completedAt = performance.now();
      const said = answer === null ? {} : (JSON.parse(answer.body) as Said);
      const offset = said.event?.offset ?? null;
      const refused = said.at?.mayBeStored === false || said.code === 'offset-mismatch';
      operations.push({ writer, key, invokedAt, completedAt, offset, ...expected, refused });
      stored = offset !== null;
      next = said.at?.next ?? (offset === null ? next : offset + 1);
      if (!stored && said.code !== 'offset-mismatch') {
        await pause();
      }
    }
  }
}

interface Said {
  readonly event?: { readonly offset: number };
  readonly code?: string;
  readonly at?: { readonly next?: number; readonly mayBeStored?: boolean };
}

/** A client that was refused or cut off does not come back at once. */
const pause = (): Promise<void> => new Promise(resolve => void setTimeout(resolve, 5));

/** Waits until the readers have everything that is in the stream. */
export async function caughtUp(
  service: JournalService,
  stream: string,
  readers: readonly { readonly seen: readonly Seen[] }[]
): Promise<Seen[]> {
  const final = await service.read(stream);
  const all = () => readers.every(({ seen }) => seen.length >= final.length);
  await until('the readers have everything', all);
  return final;
}
