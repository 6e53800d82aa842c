/**
 * A real host process, and the server's side of its pipe. Frames that it has not acknowledged are sent
 * again to the next host of the same server, as the server extension does.
 */
import { keepLog } from '../../e2e/kept-logs.js';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '../../bundle.js';
import type { Right } from '../../../agent/core/stream/access.js';
import { FrameReader, encodeFrame } from '../../../agent/tap/frames.js';
import { ToServer, type Event, type FromServer } from '../../../schema/index.js';
import { until as waitUntil } from '../../e2e/until.js';
import { checkedFetch, type CheckOptions } from '../../openapi-check.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Builds host and scripted agent into a new folder; `remove` deletes it. */
export async function buildHost(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'colophon-host-'));
  await build({
    entryPoints: {
      host: join(ROOT, 'agent/host.ts'),
      'expression-process': join(ROOT, 'agent/expression-process.ts'),
      'runtime-agent': join(import.meta.dirname, 'scripted-agent.ts')
    },
    outdir: folder,
    ...ONE_FILE,
    minifySyntax: true
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The browser tests' waiting, with the deadline of a host that has no browser to wait for. */
export function until<T>(
  probe: () => T | Promise<T>,
  what: string
): ReturnType<typeof waitUntil<T>> {
  return waitUntil(what, probe);
}

/** Of a server with one person. */
const OWNER: readonly Right[] = [
  'contents:read',
  'contents:write',
  'kernels:execute',
  'server:write',
  'streams:write',
  'server'
];

type Settings = Extract<FromServer, { type: 'hello' }>['settings'];
type Numbered = Extract<FromServer, { n: number }>;
type Unnumbered<T> = T extends Numbered ? Omit<T, 'tap' | 'n' | 'at'> : never;

/** The status, and the body of an answer or a problem. */
export interface CommandAnswer {
  readonly status: number;
  readonly body: { readonly events: Event[]; readonly code: string; readonly detail: string };
}

export interface ServerOptions {
  readonly program: string;
  readonly dataDir: string;
  readonly tap?: string;
  readonly settings?: Partial<Settings>;
  readonly notebooksDir?: string;
  /** Bytes that any file of the host may have; a disk that is full. */
  readonly fileSizeLimit?: number;
}

/** A Jupyter Server as a host sees it; starts hosts one after the other. */
export class FakeServer {
  readonly tap: string;
  readonly secret = 'the-secret';
  /** What people may whom the server does not let do everything. */
  readonly rights = new Map<string, readonly Right[]>();
  /** Users that are the runtime of a notebook. */
  readonly runtimes = new Map<string, string>();
  /** Paths by file id. */
  readonly paths = new Map<string, string>();
  readonly said: ToServer[] = [];
  readonly tokens = new Map<string, Extract<ToServer, { type: 'token.grant' }>>();
  log = '';
  exitCode: number | null | undefined;
  /** Called for each request of a snapshot. */
  onSnapshotAsked: (roomId: string) => void = () => undefined;
  readonly #options: ServerOptions;
  #fileSizeLimit: number | undefined;
  #unacknowledged: { n: number; bytes: Buffer }[] = [];
  #number = 0;
  #losing = false;
  #host: ChildProcess | undefined;
  #live = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#fileSizeLimit = options.fileSizeLimit;
    this.tap = options.tap ?? 'tap-1';
  }

  get port(): number {
    return this.said.findLast(message => message.type === 'listening')?.port ?? 0;
  }

  /** Starts a host and settles when it listens, or has refused to work. */
  async start(): Promise<void> {
    this.said.length = 0;
    this.exitCode = undefined;
    const limit = this.#fileSizeLimit
      ? `prlimit --fsize=${this.#fileSizeLimit}:unlimited --pid $$; `
      : '';
    const command = `${limit}exec "${process.execPath}" "${this.#options.program}"`;
    const host = spawn('/bin/sh', ['-c', command], { stdio: 'pipe' });
    this.#host = host;
    const reader = new FrameReader();
    host.stdout.on('data', (chunk: Buffer) => {
      reader.push(chunk).forEach(({ header }) => this.#hear(ToServer.parse(header)));
    });
    host.stderr.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    keepLog('the host', () => this.log);
    host.stdin.on('error', () => undefined);
    host.on('close', code => {
      this.exitCode = code ?? -1;
      this.#live = false;
    });
    this.write({
      ...{ type: 'hello', protocol: 1, tap: this.tap, secret: this.secret, hooksTrusted: true },
      ...{ baseUrl: 'http://127.0.0.1:1/', dataDir: this.#options.dataDir },
      notebooksDir: this.#options.notebooksDir ?? null,
      settings: {
        ...{ agentIdleSeconds: 600, sourceWaitSeconds: 0.3, editPauseSeconds: 0.05 },
        ...{ maxBodyBytes: 100_000, spareAgent: false, allowPrivateWebhooks: true },
        ...{ outputInlineBytes: 1_000_000, artifactGraceDays: 7 },
        ...this.#options.settings
      }
    });
    await until(() => this.#live || this.exitCode !== undefined, 'the host to listen');
  }

  /** Sends a frame as it is. */
  write(frame: FromServer, payload?: Uint8Array): void {
    this.#host?.stdin?.write(encodeFrame(frame, payload));
  }

  writeBytes(bytes: Buffer): void {
    this.#host?.stdin?.write(bytes);
  }

  /** Numbers a frame, and sends it now or to the next host. */
  post(frame: Unnumbered<Numbered>, payload?: Uint8Array): void {
    const n = ++this.#number;
    const whole = { ...frame, tap: this.tap, n, at: new Date().toISOString() };
    const bytes = encodeFrame(whole, payload);
    if (this.#losing) {
      this.#losing = false;
      return;
    }
    this.#unacknowledged.push({ n, bytes });
    if (this.#live) {
      this.writeBytes(bytes);
    }
  }

  /** The next frame is lost on its way. */
  lose(): void {
    this.#losing = true;
  }

  /** Settles when the host has made everything durable that was posted. */
  async settled(): Promise<void> {
    await until(() => this.#unacknowledged.length === 0, 'all frames to be acknowledged');
  }

  /** Ends the limit of the file size, for this host and the next. */
  makeSpace(): void {
    this.#fileSizeLimit = undefined;
    execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(this.#host?.pid)]);
  }

  async kill(): Promise<void> {
    this.#host?.kill('SIGKILL');
    await until(() => this.exitCode !== undefined, 'the host to end');
  }

  /** Ends the host as a stopping server does. */
  async stop(): Promise<void> {
    this.#host?.stdin?.end();
    await until(() => this.exitCode !== undefined, 'the host to end');
  }

  /** Processes that the host has started and that run. */
  children(): number[] {
    const pid = this.#host?.pid;
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').flatMap(child => (child === '' ? [] : Number(child)));
  }

  /** Memory of the host's process. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.#host?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** One request to the host's API as a user. */
  async fetch(
    path: string,
    init: RequestInit = {},
    username = 'ada',
    options?: CheckOptions
  ): Promise<Response> {
    const runtime = this.runtimes.get(username);
    const may = this.rights.get(username) ?? OWNER;
    const person = { username, name: username, may, ...(runtime && { runtime }) };
    const principal = Buffer.from(JSON.stringify(person)).toString('base64url');
    const root = `http://127.0.0.1:${this.port}/`;
    const headers = {
      Authorization: `Bearer ${this.secret}`,
      Accept: 'application/json',
      'Colophon-Principal': principal,
      ...init.headers
    };
    return checkedFetch(root, `${root}api/${path}`, { ...init, headers }, options);
  }

  async command(body: object, username?: string): Promise<CommandAnswer> {
    const init = { method: 'POST', body: JSON.stringify(body) };
    const response = await this.fetch('commands', init, username);
    return { status: response.status, body: (await response.json()) as CommandAnswer['body'] };
  }

  async events(stream: string): Promise<Event[]> {
    const response = await this.fetch(`streams${stream}?afterOffset=start&limit=5000`);
    return response.ok ? ((await response.json()) as { events: Event[] }).events : [];
  }

  #hear(message: ToServer): void {
    this.said.push(message);
    switch (message.type) {
      case 'welcome':
        if (message.tap === this.tap) {
          this.#acknowledge(message.last);
          this.#unacknowledged.forEach(({ bytes }) => this.writeBytes(bytes));
          this.#live = true;
        }
        return;
      case 'ack':
        return message.tap === this.tap ? this.#acknowledge(message.n) : undefined;
      case 'flush':
        return this.write({ type: 'flushed', id: message.id });
      case 'token.grant':
        this.tokens.set(message.token, message);
        return this.write({ type: 'token.granted', id: message.id });
      case 'token.revoke':
        this.tokens.delete(message.token);
        return;
      case 'path.request': {
        const path = this.paths.get(message.fileId) ?? null;
        return this.write({ type: 'path', id: message.id, path });
      }
      case 'snapshot.request':
        return this.onSnapshotAsked(message.roomId);
      case 'listening':
      case 'notice':
      case 'fatal':
        return;
    }
  }

  #acknowledge(last: number): void {
    this.#unacknowledged = this.#unacknowledged.filter(({ n }) => n > last);
  }
}
