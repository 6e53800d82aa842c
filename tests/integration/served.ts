/** `colophon serve` as a process that can be killed, built into a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '../bundle.js';
import type { PublishedEvent } from '../../schema/index.js';
import { until } from '../e2e/until.js';
import { checkedFetch, type CheckOptions } from '../openapi-check.js';

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'the-token-of-ada-for-these-tests';

/** Builds the service; `remove` deletes it with its data. */
export async function buildService(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'colophon-service-'));
  await build({
    entryPoints: ['serve', 'expression-process', 'query-process', 'cli'].map(name =>
      join(ROOT, 'agent', `${name}.ts`)
    ),
    outdir: folder,
    ...ONE_FILE
  });
  writeFileSync(join(folder, 'tokens'), `ada ${TOKEN}\n`);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** One data folder, and the process that serves it now. */
export class Served {
  readonly dir: string;
  output = '';
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.dir = mkdtempSync(join(folder, 'data-'));
  }

  /** Settles when it serves. */
  async start(): Promise<void> {
    this.output = '';
    const program = join(this.#folder, 'serve.js');
    const tokens = join(this.#folder, 'tokens');
    const args = [program, '--dir', this.dir, '--port', '0', '--tokens', tokens];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    await until('it serves or ends', () => /\/api\/streams\n/.test(this.output) || child.exitCode);
    if (child.exitCode !== null) {
      throw new Error(this.output);
    }
  }

  /** Kills it as a power cut does to a process, and settles when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    child?.kill(signal);
    await until(
      'it is gone',
      () => child === undefined || child.exitCode !== null || child.signalCode
    );
  }

  /** Where it is; ends in a slash. */
  get root(): string {
    return /(http:\S+\/)api/.exec(this.output)?.[1] ?? '';
  }

  /** A request below its root, as `ada`. */
  request(path: string, init: RequestInit = {}, options?: CheckOptions): Promise<Response> {
    const own = { Authorization: `Bearer ${TOKEN}`, Accept: 'application/json' };
    const headers = { ...own, ...(init.headers as Record<string, string> | undefined) };
    return checkedFetch(this.root, this.root + path, { ...init, headers }, options);
  }

  /** The JSON that the API answers. */
  async fetch(path: string, init: RequestInit = {}, project = 'default'): Promise<unknown> {
    const headers = { 'Colophon-Project': project };
    return (await this.request(`api/${path}`, { ...init, headers })).json();
  }

  async post(path: string, type: string, payload: object = {}, project?: string): Promise<unknown> {
    const body = JSON.stringify({ type, payload });
    return this.fetch(`streams${path}`, { method: 'POST', body }, project);
  }

  /** Everything in the stream; nothing if there is none. */
  async events(path: string, project?: string): Promise<PublishedEvent[]> {
    const found: PublishedEvent[] = [];
    for (;;) {
      const after = found.at(-1)?.offset ?? 'start';
      const address = `streams${path}?afterOffset=${after}&limit=5000`;
      const page = (await this.fetch(address, {}, project)) as { events?: PublishedEvent[] };
      found.push(...(page.events ?? []));
      if ((page.events?.length ?? 0) < 5000) {
        return found;
      }
    }
  }

  async of(path: string, type: string, project?: string): Promise<PublishedEvent[]> {
    return (await this.events(path, project)).filter(event => event.type === type);
  }
}
