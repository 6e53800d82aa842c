/** Journals with known events, and the commands that put them to use, as they are shipped. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '../bundle.js';
import { systemClock } from '../../agent/clock.js';
import { sourceHash } from '../../agent/core/digest.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { keepRecord } from '../../agent/record-keeping.js';
import type { Actor, Draft, Fact, StreamPath } from '../../schema/index.js';

const ROOT = join(import.meta.dirname, '..', '..');
export const NOTEBOOK = '/notebooks/file-1' as StreamPath;
export const ANN: Actor = { kind: 'human', id: 'ann', name: 'Ann "the\nfirst", of two' };
export const RUNTIME: Actor = {
  kind: 'runtime',
  id: 'colophon-runtime',
  onBehalfOf: { kind: 'human', id: 'ann' }
};

/** A fact of an actor at a second of one day. */
export function draft(second: number, actor: Actor, fact: Fact): Draft {
  const at = new Date(Date.UTC(2026, 0, 2, 3, 0, second)).toISOString();
  return { at, actor, assurance: 'verified', ...fact };
}

/** One finished run of a cell that printed a line, from `second` on. */
export function run(second: number, cellId: string, source: string, error?: string): Draft[] {
  const executionId = `${cellId}-${second}`;
  const ids = { executionId, cellId } as Extract<Fact, { type: 'execution.started' }>['data'];
  const time = (seconds: number) =>
    new Date(Date.UTC(2026, 0, 2, 3, 0, second + seconds)).toISOString();
  const output = { outputType: 'stream', name: 'stdout', preview: 'hello\n', bytes: 60 } as const;
  const facts: [Actor, object][] = [
    [
      ANN,
      {
        type: 'execution.requested',
        v: 1,
        data: { ...ids, runId: 'r', source, sourceHash: sourceHash(source), allowError: false }
      }
    ],
    [
      RUNTIME,
      {
        type: 'execution.started',
        v: 1,
        data: {
          ...ids,
          ...{ kernelId: 'k', kernelName: 'python3', executionCount: 1, startedAt: time(1) }
        }
      }
    ],
    [
      RUNTIME,
      {
        type: 'output.added',
        v: 1,
        data: { cellId, index: 0, outputs: [{ ...output, digest: sourceHash('out') }] }
      }
    ],
    [
      RUNTIME,
      {
        type: 'execution.finished',
        v: 1,
        data: {
          ...ids,
          outcome: error === undefined ? 'ok' : 'error',
          ...(error !== undefined && { error: { ename: 'ValueError', evalue: error } }),
          ...{ executionCount: 1, startedAt: time(1), finishedAt: time(3) }
        }
      }
    ]
  ];
  return facts.map(([actor, fact], index) => draft(second + index, actor, fact as Fact));
}

/** A cell that appears at the top. */
export function cell(second: number, cellId: string, source: string): Draft {
  const data = {
    cellId,
    after: null,
    cellType: 'code',
    source,
    metadata: {},
    executionCount: null
  };
  return draft(second, ANN, { type: 'cell.created', v: 1, data } as unknown as Fact);
}

/** An event that somebody posts. */
export function posted(second: number, type: string, payload: object): Draft {
  return draft(second, ANN, { type: 'event.posted', v: 1, data: { type, payload } } as Fact);
}

/** A scratch folder with the programs, and journals in it. */
export class RecordWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'colophon-record-'));
  readonly programs = join(this.folder, 'programs');
  #journals = 0;

  async build(): Promise<this> {
    await build({
      entryPoints: ['cli', 'query-process'].map(name => join(ROOT, `agent/${name}.ts`)),
      outdir: this.programs,
      ...ONE_FILE
    });
    return this;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The path of a file of this world. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** A new journal with these streams, signed; gives its folder. */
  async journal(streams: Readonly<Record<string, readonly Draft[]>>): Promise<string> {
    this.#journals += 1;
    const dataDir = this.path(`data-${this.#journals}`);
    await addTo(dataDir, streams);
    return dataDir;
  }

  /** Runs a command of the bundle. */
  run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
    return new Promise(resolve => {
      execFile(
        process.execPath,
        [join(this.programs, 'cli.js'), ...args],
        { maxBuffer: 64 * 1024 * 1024 },
        (error, out, complaint) => {
          const code = error === null ? 0 : Number(error.code ?? -1);
          resolve({ code, out, error: complaint });
        }
      );
    });
  }
}

/** The journal in a folder, to be closed. */
export function openJournal(dataDir: string): ReturnType<typeof openSqliteJournal> {
  return openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds, lockWaitMs: 0 });
}

/** Appends to streams as a host does, and signs what is there. */
export async function addTo(
  dataDir: string,
  streams: Readonly<Record<string, readonly Draft[]>>
): Promise<void> {
  const { journal, database } = openJournal(dataDir);
  const signing = keepRecord(journal, database);
  for (const [stream, events] of Object.entries(streams)) {
    await journal.append({ stream: stream as StreamPath, events }).durable;
  }
  await signing.close();
  await journal.close();
}
