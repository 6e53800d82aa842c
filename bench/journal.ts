/**
 * How long one append to the journal on disk waits until it is durable, and how many events a second
 * become so, for one writer and for many at once (group commit); against the least that durability
 * costs here: as many bytes appended to a plain file and fdatasync, in turns. Milliseconds.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.js';
import { randomIds } from '../agent/ids.js';
import { openSqliteJournal } from '../agent/journal/sqlite.js';
import type { Journal } from '../agent/ports/host.js';
import type { Draft, StreamPath } from '../schema/index.js';
import { percentile, spread } from './figures/spread.js';

const STREAM = '/notebooks/bench' as StreamPath;
const FACT: Draft = {
  type: 'notebook.saved',
  v: 1,
  data: { path: 'x'.repeat(100) },
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'human', id: 'ada', name: 'Ada' },
  assurance: 'verified'
};
const TURNS = 10;

/** Milliseconds of each wait, and of all together. */
interface Series {
  readonly waits: number[];
  elapsed: number;
}

function appendPlainly(file: number, count: number, series: Series): void {
  const line = Buffer.from(`${JSON.stringify(FACT)}\n`);
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const began = performance.now();
    writeSync(file, line);
    fdatasyncSync(file);
    series.waits.push(performance.now() - began);
  }
  series.elapsed += performance.now() - start;
}

async function append(
  journal: Journal,
  writers: number,
  each: number,
  series: Series
): Promise<void> {
  const write = async (): Promise<void> => {
    for (let done = 0; done < each; done += 1) {
      const began = performance.now();
      await journal.append({ stream: STREAM, events: [FACT] }).durable;
      series.waits.push(performance.now() - began);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  series.elapsed += performance.now() - start;
}

/** `each`: events of each writer in a turn. */
async function measure(writers: number, each: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const file = openSync(join(dataDir, 'plain'), 'a');
  const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  const ours: Series = { waits: [], elapsed: 0 };
  const plain: Series = { waits: [], elapsed: 0 };
  for (let turn = 0; turn < TURNS; turn += 1) {
    await append(journal, writers, each, ours);
    appendPlainly(file, 100, plain);
  }
  await journal.close();
  closeSync(file);
  rmSync(dataDir, { recursive: true });
  const rate = ({ waits, elapsed }: Series): number => (waits.length / elapsed) * 1000;
  const ratio = (share: number): string =>
    (percentile(ours.waits, share) / percentile(plain.waits, share)).toFixed(2);
  const events = Math.round(rate(ours));
  console.log(`${`journal, ${writers} writers`.padEnd(24)} ${spread(ours.waits)}   ${events}/s`);
  const lines = Math.round(rate(plain));
  console.log(`${'append and fdatasync'.padEnd(24)} ${spread(plain.waits)}   ${lines}/s`);
  const share = (rate(ours) / rate(plain)).toFixed(2);
  console.log(`${'ratio'.padEnd(24)} p50 ${ratio(0.5)}   p99 ${ratio(0.99)}   events/s ${share}`);
}

async function main(): Promise<void> {
  await measure(1, 200);
  await measure(64, 50);
  await measure(512, 20);
}

void main();
