/**
 * Rounds of kill -9 while 64 writers append, on the bare journal and on the real service. Few rounds
 * here; COLOPHON_KILL_ROUNDS says how many, and `make nightly` runs a thousand.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ONE_FILE } from '../bundle.js';
import { systemClock } from '../../agent/clock.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { Event, StreamPath } from '../../schema/index.js';
import { faultsOf, type Operation, type Seen } from './append-checker.js';
import { bundleService } from './bundled-service.js';
import { caughtUp, JournalService, write } from './journal-service.js';

const ROUNDS = Number(process.env['COLOPHON_KILL_ROUNDS'] ?? 25);
const SEED = Number(process.env['COLOPHON_KILL_SEED'] ?? 1);
const WRITERS = 64;
/** A journal is used for so many rounds, so that checking it stays cheap. */
const ROUNDS_EACH = 25;
const LONGEST_LIFE_MS = 80;
const scratch = mkdtempSync(join(tmpdir(), 'colophon-kills-'));
const burst = join(scratch, 'burst.cjs');
let program: string;

beforeAll(async () => {
  program = await bundleService(scratch);
  await build({
    entryPoints: [join(import.meta.dirname, 'journal-burst.ts')],
    outfile: burst,
    ...ONE_FILE
  });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One life of the writing process: it is killed so many ms after its first acknowledgement. */
async function live(dataDir: string, starts: number[], lifeMs: number): Promise<Operation[]> {
  const operations: Operation[] = [];
  const child = spawn(process.execPath, [burst, dataDir, JSON.stringify(starts)], {
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    if (operations.length === 0) {
      setTimeout(() => child.kill('SIGKILL'), lifeMs);
    }
    const [writer = 0, nth = 0, invokedAt = 0, completedAt = 0, offset = 0] = line
      .split(' ')
      .map(Number);
    // The last line may be cut by the kill.
    if (line.split(' ').length === 5 && !line.endsWith(' ')) {
      const key = `w${writer}.${nth}`;
      operations.push({ writer: `w${writer}`, key, invokedAt, completedAt, offset });
      starts[writer] = nth + 1;
    }
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return [...operations, ...starts.map((nth, writer) => unanswered(writer, nth, operations))];
}

/** What a writer may have sent when it was killed: some time after its last answer, if it had one. */
function unanswered(writer: number, nth: number, answered: readonly Operation[]): Operation {
  const last = answered.findLast(operation => operation.writer === `w${writer}`);
  return {
    writer: `w${writer}`,
    key: `w${writer}.${nth}`,
    invokedAt: last?.completedAt ?? 0,
    completedAt: Infinity,
    offset: null
  };
}

function stored(dataDir: string): Seen[] {
  const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
  const events = journal.read('/notebooks/burst' as StreamPath);
  void journal.close();
  const keyOf = (event: Event) => (event.type === 'notebook.saved' ? event.data.path : '');
  return events.map(event => ({ offset: event.offset, key: keyOf(event) }));
}

describe('kill -9 during appends', () => {
  it(
    `[J23] loses and doubles nothing in ${ROUNDS} rounds on the journal`,
    async () => {
      const chance = chances(SEED);
      let acknowledged = 0;
      let unacknowledged = 0;
      for (let round = 0; round < ROUNDS; round += ROUNDS_EACH) {
        const dataDir = join(scratch, `burst-${round}`);
        const starts = Array.from({ length: WRITERS }, () => 0);
        const operations: Operation[] = [];
        for (let life = round; life < Math.min(ROUNDS, round + ROUNDS_EACH); life += 1) {
          operations.push(...(await live(dataDir, starts, chance() * LONGEST_LIFE_MS)));
        }
        const final = stored(dataDir);
        const answered = operations.filter(({ offset }) => offset !== null).length;
        acknowledged += answered;
        unacknowledged += final.length - answered;
        expect(faultsOf({ operations, readers: [], final })).toEqual([]);
        rmSync(dataDir, { recursive: true });
      }
      console.log(
        `${ROUNDS} rounds, seed ${SEED}: ${acknowledged} acknowledged, all there once; ` +
          `${unacknowledged} more had become durable unanswered`
      );
      expect(acknowledged).toBeGreaterThan(ROUNDS * WRITERS);
    },
    60_000 + ROUNDS * 1000
  );

  const lives = Math.ceil(ROUNDS / 5);
  it(
    `[J23] loses and doubles nothing in ${lives} rounds on colophon serve`,
    async () => {
      const chance = chances(SEED);
      const service = new JournalService({ program, dir: join(scratch, 'served') });
      const operations: Operation[] = [];
      let over = false;
      await service.start();
      const readers = [service.follow('/killed'), service.follow('/killed', 200)];
      const writers = Array.from({ length: 16 }, (_, n) =>
        write(
          {
            ...{ service, stream: '/killed', writer: `w${n}`, count: Infinity },
            stopped: () => over,
            expecting: n === 0
          },
          operations
        )
      );
      for (let life = 0; life < lives; life += 1) {
        await new Promise(resolve => setTimeout(resolve, 20 + chance() * 200));
        await service.stop('SIGKILL');
        await service.start();
      }
      over = true;
      await Promise.all(writers);
      const final = await caughtUp(service, '/killed', readers);
      readers.forEach(({ end }) => end());
      await service.stop('SIGTERM');
      service.close();
      const acknowledged = operations.filter(({ offset }) => offset !== null).length;
      console.log(
        `${lives} rounds over HTTP: ${acknowledged} acknowledged, ${final.length} stored`
      );
      expect(acknowledged).toBeGreaterThan(lives * 16);
      const histories = readers.map(({ seen }) => seen);
      expect(faultsOf({ operations, readers: histories, final })).toEqual([]);
    },
    60_000 + lives * 3000
  );
});
