/** A service with its data folder, and the commands of the record, built into a folder of their own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '../bundle.js';
import { buildService, Served } from './served.js';

const ROOT = join(import.meta.dirname, '..', '..');

export class RecordCommands {
  readonly programs = mkdtempSync(join(tmpdir(), 'colophon-record-'));
  #service: Awaited<ReturnType<typeof buildService>> | undefined;
  #served: Served | undefined;

  /** Builds everything; settles when the service serves. */
  async start(): Promise<Served> {
    this.#service = await buildService();
    await build({
      entryPoints: ['verify', 'redact', 'cli'].map(name => join(ROOT, 'agent', `${name}.ts`)),
      outdir: this.programs,
      ...ONE_FILE
    });
    this.#served = new Served(this.#service.folder);
    await this.#served.start();
    return this.#served;
  }

  async stop(): Promise<void> {
    await this.#served?.kill();
    this.#service?.remove();
    rmSync(this.programs, { recursive: true });
  }

  /** The data folder of the service's project. */
  get dir(): string {
    return join(this.#served?.dir ?? '', 'default');
  }

  /** Runs a command to its end: its exit code, and all that it printed. */
  readonly run = (name: string, ...args: string[]): { status: number | null; text: string } => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(this.programs, `${name}.js`), ...args],
      { encoding: 'utf8' }
    );
    return { status, text: stdout + stderr };
  };
}
