/**
 * How long one append to the journal on disk waits until it is durable, and how many events a second
 * become so, for one writer and for many at once (group commit); against the least that durability
 * costs here, in turns: the same fact as a line of a plain file and fdatasync, one by one, and with
 * the same writers and the same batching. Then whether an append costs more in a long stream, or when
 * there are many. Milliseconds; `make bench ARGS='journal'`.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.js';
import { randomIds } from '../agent/ids.js';
import { openSqliteJournal } from '../agent/journal/sqlite.js';
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
/** Before and in a measurement over several streams. */
const EVENTS_BEFORE = 50_000;
const APPENDS = 6400;

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

/** A file that does no more than a journal must: what one turn of the event loop adds is one write. */
function groupingFile(file: number): () => Promise<void> {
  let lines: string[] = [];
  let group = Promise.withResolvers<void>();
  return () => {
    if (lines.length === 0) {
      group = Promise.withResolvers();
      setImmediate(() => {
        writeSync(file, lines.join(''));
        fdatasyncSync(file);
        lines = [];
        group.resolve();
      });
    }
    lines.push(`${JSON.stringify(FACT)}\n`);
    return group.promise;
  };
}

/** Each writer awaits its append before the next. */
async function load(
  writers: number,
  each: number,
  series: Series,
  append: () => Promise<void>
): Promise<void> {
  const write = async (): Promise<void> => {
    for (let done = 0; done < each; done += 1) {
      const began = performance.now();
      await append();
      series.waits.push(performance.now() - began);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  series.elapsed += performance.now() - start;
}

const rate = ({ waits, elapsed }: Series): number => (waits.length / elapsed) * 1000;

/** `each`: events of each writer in a turn. */
async function measure(writers: number, each: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const file = openSync(join(dataDir, 'plain'), 'a');
  const grouped = openSync(join(dataDir, 'grouped'), 'a');
  const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  const ours: Series = { waits: [], elapsed: 0 };
  const plain: Series = { waits: [], elapsed: 0 };
  const bare: Series = { waits: [], elapsed: 0 };
  const appendBare = groupingFile(grouped);
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const warm: Series = { waits: [], elapsed: 0 };
    const append = () => journal.append({ stream: STREAM, events: [FACT] }).durable;
    await load(writers, each, turn === 0 ? warm : ours, append);
    await load(writers, each, turn === 0 ? warm : bare, appendBare);
    appendPlainly(file, 100, turn === 0 ? warm : plain);
  }
  await journal.close();
  closeSync(file);
  closeSync(grouped);
  rmSync(dataDir, { recursive: true });
  const line = (name: string, series: Series): void =>
    console.log(`${name.padEnd(26)} ${spread(series.waits)}   ${Math.round(rate(series))}/s`);
  const ratio = (name: string, to: Series): void => {
    const slower = (share: number): string =>
      (percentile(ours.waits, share) / percentile(to.waits, share)).toFixed(2);
    const share = (rate(ours) / rate(to)).toFixed(2);
    const waits = `p50 ${slower(0.5)}   p99 ${slower(0.99)}`;
    console.log(`${name.padEnd(26)} ${waits}   events/s ${share}`);
  };
  line(`journal, ${writers} writers`, ours);
  line('file, the same batching', bare);
  line('file, one by one', plain);
  ratio('ratio to the same batching', bare);
  ratio('ratio to one by one', plain);
}

/** A line of a table; the ratio is to the first line, of a short stream or of one only. */
function compare(name: string, series: Series, first: Series | undefined): void {
  const ratio = percentile(series.waits, 0.5) / percentile((first ?? series).waits, 0.5);
  console.log(`${name.padEnd(26)} ${spread(series.waits)}   ratio p50 ${ratio.toFixed(2)}`);
}

/** Milliseconds of an append by 64 writers while a stream grows to the lengths given. */
async function measureLength(lengths: readonly number[]): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  let first: Series | undefined;
  for (const length of lengths) {
    while (journal.next(STREAM) <= length) {
      const missing = length + 1 - journal.next(STREAM);
      const events = Array.from({ length: Math.min(5000, missing) }, () => FACT);
      await journal.append({ stream: STREAM, events }).durable;
    }
    const series: Series = { waits: [], elapsed: 0 };
    await load(64, 300, series, () => journal.append({ stream: STREAM, events: [FACT] }).durable);
    compare(`behind ${length} events`, series, first);
    first ??= series;
  }
  await journal.close();
  rmSync(dataDir, { recursive: true });
}

/**
 * Milliseconds of an append to one of as many streams, by chance, each of which has the same number of
 * events; by as many writers, of whom one alone shows what an append costs, and many what a group does.
 */
async function measureStreams(counts: readonly number[], writers: number): Promise<void> {
  let first: Series | undefined;
  for (const count of counts) {
    const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
    const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
    const of = (nth: number) => `/many/${nth % count}` as StreamPath;
    for (let nth = 0; nth < EVENTS_BEFORE; nth += 1) {
      const { durable } = journal.append({ stream: of(nth), events: [FACT] });
      await (nth % 1000 === 999 ? durable : null);
    }
    let chance = 1;
    const append = () => {
      chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
      return journal.append({ stream: of(chance >>> 8), events: [FACT] }).durable;
    };
    const series: Series = { waits: [], elapsed: 0 };
    await load(writers, APPENDS / writers, series, append);
    compare(`over ${count} streams`, series, first);
    first ??= series;
    await journal.close();
    rmSync(dataDir, { recursive: true });
  }
}

async function main(): Promise<void> {
  await measure(1, 200);
  await measure(64, 100);
  await measure(512, 20);
  await measureLength([1000, 10_000, 100_000, 1_000_000]);
  for (const writers of [1, 64]) {
    console.log(`${writers} writers`);
    await measureStreams([1, 10, 100, 1000, 5000], writers);
  }
}

void main();
