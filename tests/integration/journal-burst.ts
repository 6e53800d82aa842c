/**
 * A process that appends to the journal of the folder in argv[2] until it is killed: 64 writers, each
 * sending its next command once the last one is durable. argv[3] says, as JSON, where each of them
 * goes on. It prints `writer nth invoked completed offset` once an event is durable; ms since the epoch.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../agent/clock.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { CommandId, Draft, StreamPath } from '../../schema/index.js';

const [, , dataDir = '', from = '[]'] = process.argv;
const starts = JSON.parse(from) as number[];
const { journal } = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
const stream = '/notebooks/burst' as StreamPath;
const now = () => performance.timeOrigin + performance.now();

async function write(writer: number): Promise<void> {
  for (let nth = starts[writer] ?? 0; ; nth += 1) {
    const key = `w${writer}.${nth}`;
    const fact: Draft = {
      type: 'notebook.saved',
      v: 1,
      data: { path: key },
      at: '2026-01-02T03:04:05.678Z',
      actor: { kind: 'system', id: 'save' },
      assurance: 'verified'
    };
    const invoked = now();
    const appended = journal.append({ stream, events: [fact], command: key as CommandId });
    await appended.durable;
    // At once and whole: what waited in this process would be lost with it.
    writeSync(1, `${writer} ${nth} ${invoked} ${now()} ${appended.events[0]?.offset}\n`);
  }
}

starts.forEach((_, writer) => void write(writer));
