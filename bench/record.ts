/**
 * What the verifiable record costs, its chain, tree and checkpoints: events a second that become
 * durable with 64 writers, through the journal as it is and, in turns, through one that keeps no
 * record. Ratio of the medians.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../agent/clock.js';
import { randomIds } from '../agent/ids.js';
import type { JournalRecord } from '../agent/journal/record.js';
import { openSqliteJournal } from '../agent/journal/sqlite.js';
import type { Journal } from '../agent/ports/host.js';
import { keepRecord } from '../agent/record-keeping.js';
import type { Draft, StreamPath } from '../schema/index.js';
import { percentile } from './figures/spread.js';

const STREAM = '/notebooks/bench' as StreamPath;
const WRITERS = 64;
const EACH = 200;
const TURNS = 15;

/** New objects each time, as those that come over HTTP are. */
const fact = (): Draft => ({
  type: 'notebook.saved',
  v: 1,
  data: { path: 'x'.repeat(100) },
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'human', id: 'ada', name: 'Ada' },
  assurance: 'verified'
});

/** Numbers the events, and no more. */
function noRecord(): JournalRecord {
  let seq = 0;
  return {
    add: ({ actor, data }) => ({
      seq: (seq += 1),
      salt: '',
      leaf: '',
      payloadHash: '',
      previous: '',
      actor: JSON.stringify(actor),
      data: JSON.stringify(data)
    }),
    tree: () => ({ size: 0, root: '' }),
    keepFrontier: () => undefined
  };
}

/** Events a second. */
async function rate(journal: Journal): Promise<number> {
  const write = async (): Promise<void> => {
    for (let done = 0; done < EACH; done += 1) {
      await journal.append({ stream: STREAM, events: [fact()] }).durable;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, write));
  return ((WRITERS * EACH) / (performance.now() - start)) * 1000;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const open = (name: string, record?: () => JournalRecord) =>
    openSqliteJournal({
      dataDir: join(folder, name),
      clock: systemClock,
      ids: randomIds,
      ...(record && { record })
    });
  const { journal: recorded, database } = open('recorded');
  const checkpoints = keepRecord(recorded, database);
  const { journal: bare } = open('bare', noRecord);
  const rates = { recorded: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const [withRecord, without] = [await rate(recorded), await rate(bare)];
    // The first turn warms up.
    if (turn > 0) {
      rates.recorded.push(withRecord);
      rates.bare.push(without);
    }
  }
  await checkpoints.close();
  await recorded.close();
  await bare.close();
  rmSync(folder, { recursive: true });
  const line = (name: string, series: readonly number[]): number => {
    const middle = percentile(series, 0.5);
    const [least, most] = [percentile(series, 0), percentile(series, 1)].map(Math.round);
    console.log(
      `${name.padEnd(24)} ${Math.round(middle)} events/s   least ${least}   most ${most}`
    );
    return middle;
  };
  const share = line('with the record', rates.recorded) / line('without the record', rates.bare);
  console.log(`${'ratio'.padEnd(24)} ${share.toFixed(2)}`);
}

void main();
