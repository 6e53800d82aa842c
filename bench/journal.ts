/**
 * How many events a second the journal on disk makes durable, and how long one append waits for it:
 * for one writer, and for many at once (group commit).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.js';
import { randomIds } from '../agent/ids.js';
import { openSqliteJournal } from '../agent/journal/sqlite.js';
import type { Draft, StreamPath } from '../schema/index.js';

const STREAM = '/notebooks/bench' as StreamPath;
const FACT: Draft = {
  type: 'notebook.saved',
  v: 1,
  data: { path: 'x'.repeat(100) },
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'human', id: 'ada', name: 'Ada' },
  assurance: 'verified'
};

async function measure(writers: number, each: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  const waits: number[] = [];
  const write = async () => {
    for (let count = 0; count < each; count++) {
      const began = performance.now();
      await journal.append({ stream: STREAM, events: [FACT] }).durable;
      waits.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  const seconds = (performance.now() - began) / 1000;
  await journal.close();
  rmSync(dataDir, { recursive: true });
  waits.sort((a, b) => a - b);
  const at = (share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(2);
  const rate = Math.round((writers * each) / seconds);
  console.log(
    `journal, ${writers} writers: ${rate} events/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
  );
}

async function main(): Promise<void> {
  await measure(1, 2000);
  await measure(64, 500);
  await measure(512, 100);
}

void main();
