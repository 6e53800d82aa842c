/**
 * Exports for a door, each by a process of its own: reading a long journal, or waiting for a slow
 * reader, keeps nobody else waiting.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { StreamPath } from '../../schema/index.js';
import type { ExportFormat, RecordReader } from '../ports/record.js';

/** Exports of one journal at the same time. */
const AT_ONCE = 4;
const LONGEST_COMPLAINT = 2000;

export class Exports implements Pick<RecordReader, 'export'> {
  readonly #program: string;
  readonly #dataDir: string;
  readonly #running = new Set<ChildProcess>();

  /** `program` is cli.js. */
  constructor(program: string, dataDir: string) {
    this.#program = program;
    this.#dataDir = dataDir;
  }

  export(
    stream: StreamPath,
    format: ExportFormat
  ): { readonly bytes: AsyncIterable<Uint8Array>; cancel(): void } {
    if (this.#running.size >= AT_ONCE) {
      const busy = new Error(`${AT_ONCE} exports run already. Ask again when one has ended.`);
      return { bytes: failing(busy), cancel: () => undefined };
    }
    const args = ['export', '--dir', this.#dataDir, '--stream', stream, '--format', format];
    const child = spawn(process.execPath, ['--no-warnings', this.#program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe']
    });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return { bytes: bytesOf(child), cancel: () => void child.kill('SIGKILL') };
  }

  /** Ends what runs. */
  close(): void {
    this.#running.forEach(child => child.kill('SIGKILL'));
  }
}

async function* bytesOf(child: ChildProcess): AsyncGenerator<Uint8Array> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString('utf8')}`.slice(0, LONGEST_COMPLAINT);
  });
  const ended = new Promise<number | null>(resolve => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  yield* (child.stdout ?? []) as AsyncIterable<Buffer>;
  if ((await ended) !== 0) {
    throw new Error(complaint.trim() || 'The export ended early. Ask again.');
  }
}

function failing(error: Error): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}
