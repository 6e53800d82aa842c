/**
 * A process that appends to the journal of the folder in argv[2] until it is killed. It prints the
 * offset of each event once it is durable, then `closed` if its stdin ended.
 */
import { systemClock } from '../../agent/clock.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { StreamPath } from '../../schema/index.js';

const { journal } = openSqliteJournal({
  dataDir: process.argv[2] ?? '',
  clock: systemClock,
  ids: randomIds,
  lockWaitMs: 0
});
const stream = '/notebooks/one' as StreamPath;

function appendBurst(): void {
  for (let count = 0; count < 5; count++) {
    const { events, durable } = journal.append({
      stream,
      events: [
        {
          type: 'notebook.saved',
          v: 1,
          data: { path: randomIds.next() },
          at: '2026-01-02T03:04:05.678Z',
          actor: { kind: 'system', id: 'save' },
          assurance: 'verified'
        }
      ],
      updates: []
    });
    void durable.then(() =>
      process.stdout.write(`${events.map(event => `${event.offset} ${event.id}`).join()}\n`)
    );
  }
  setImmediate(appendBurst);
}

if (process.argv[3] === 'hold') {
  process.stdout.write('open\n');
  process.stdin.resume().on('end', () => void journal.close());
} else {
  appendBurst();
}
