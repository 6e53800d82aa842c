/**
 * How long `colophon verify` takes for a journal of a million events, in seconds.
 * The journal has 100 streams and is written by the journal itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.js';
import { randomIds } from '../agent/ids.js';
import { openSqliteJournal } from '../agent/journal/sqlite.js';
import { keepRecord } from '../agent/record-keeping.js';
import type { Draft, StreamPath } from '../schema/index.js';

const EVENTS = 1_000_000;
const AT_ONCE = 1000;
const STREAMS = 100;
const FACT: Draft = {
  type: 'event.posted',
  v: 1,
  data: { type: 'tick', payload: { text: 'x'.repeat(100) } },
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'human', id: 'ada', name: 'Ada' },
  assurance: 'verified'
};

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const { journal, database } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  const checkpoints = keepRecord(journal, database);
  for (let done = 0; done < EVENTS; done += AT_ONCE) {
    const stream = `/bench/${(done / AT_ONCE) % STREAMS}` as StreamPath;
    const events = Array.from({ length: AT_ONCE }, () => FACT);
    await journal.append({ stream, events }).durable;
  }
  await checkpoints.close();
  await journal.close();
  const program = join('jupyterlab_colophon', 'agent', 'verify.js');
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [program, '--dir', dataDir], { stdio: 'inherit' });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `verify, ${EVENTS} events      ${seconds.toFixed(1)} s   exit code ${String(status)}`
  );
  rmSync(dataDir, { recursive: true });
}

void main();
