/**
 * The record on disk against somebody who can write to the database: whatever one change they make
 * with SQL, the first event that is not as it was recorded is named.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../agent/core/record/fault.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { Checkpoints } from '../../agent/loop/checkpoints.js';
import { Redactions } from '../../agent/loop/redactions.js';
import type { CheckpointSigner, Journal } from '../../agent/ports/host.js';
import { randomIds } from '../../agent/ids.js';
import { newSigningKey, noteSigner } from '../../agent/record/notes.js';
import type { Draft, StreamPath } from '../../schema/index.js';
import { draft, STILL } from './journal.js';
import { verdict } from './record-verdict.js';

const STREAMS = ['/notebooks/one', '/two', '/two/three'] as StreamPath[];
const clock = { ...STILL, after: () => () => undefined };
const signer: CheckpointSigner = noteSigner(newSigningKey());

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'colophon-record-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const posted = (payload: object): Draft => ({
  ...draft(''),
  type: 'event.posted',
  v: 1,
  data: { type: 'hi', payload: { ...payload } }
});

/** A journal of some streams, closed with its checkpoint; `writes` are the streams, one event each. */
async function written(
  writes: readonly { readonly stream: number; readonly erase: boolean }[],
  checkpointAt: number
): Promise<string> {
  const dataDir = mkdtempSync(join(folder, 'journal-'));
  const open = () => openSqliteJournal({ dataDir, clock, ids: randomIds }).journal;
  let journal = open();
  for (const [index, { stream, erase }] of writes.entries()) {
    const path = STREAMS[stream] ?? ('/' as StreamPath);
    const { events, durable } = journal.append({
      stream: path,
      events: [posted({ index, é: 'ü' })]
    });
    await durable;
    if (erase) {
      await eraser(journal).redact(path, { offset: events[0]?.offset ?? 0, reason: 'why' }, ERASER);
    }
    if (index === checkpointAt) {
      await new Checkpoints({ journal, clock, signer }).close();
      await journal.close();
      journal = open();
    }
  }
  await new Checkpoints({ journal, clock, signer }).close();
  await journal.close();
  return join(dataDir, 'journal.db');
}

const ERASER = { actor: { kind: 'human', id: 'ada' }, assurance: 'verified' } as const;
const eraser = (journal: Journal) =>
  new Redactions({
    ...{ journal, clock },
    append: (stream, change) => journal.append({ stream, ...change })
  });

/** What `change` does to the database leads to this verdict; the database is then as before. */
function after(database: DatabaseSync, change: () => void): Fault | null {
  database.exec('PRAGMA foreign_keys = OFF; BEGIN');
  try {
    change();
    return verdict(database, signer.key).fault;
  } finally {
    database.exec('ROLLBACK');
  }
}

const journals = fc.record({
  writes: fc.array(fc.record({ stream: fc.nat({ max: 2 }), erase: fc.boolean() }), {
    minLength: 1,
    maxLength: 12
  }),
  checkpointAt: fc.nat({ max: 12 })
});

const COLUMNS: Record<string, string> = {
  id: "id || 'x'",
  offset: 'offset + 1000',
  type: "'notebook.saved'",
  v: 'v + 1',
  at: "'2027-01-02T03:04:05.678Z'",
  actor: `'{"kind":"human","id":"eve"}'`,
  assurance: "CASE assurance WHEN 'relayed' THEN 'verified' ELSE 'relayed' END",
  causation: "'c'",
  correlation: "'c'",
  through: '77',
  entitlement: "'e'",
  data: `'{"type":"hi","payload":{"forged":1}}'`,
  salt: `'${'0'.repeat(32)}'`,
  leaf: `'${'0'.repeat(64)}'`,
  redacted: `'{"at":"2026-01-02T03:04:05.678Z","by":{"kind":"human","id":"ada"},"reason":"no","payloadHash":"${'0'.repeat(64)}"}'`
};

describe('the record against tampering', () => {
  it('[V6] names the one event of which anything was changed', async () => {
    await fc.assert(
      fc.asyncProperty(journals, fc.nat(), async ({ writes, checkpointAt }, which) => {
        const database = new DatabaseSync(await written(writes, checkpointAt));
        const { fault, tally } = verdict(database, signer.key);
        expect(fault).toBeNull();
        expect(tally).toMatchObject({
          erased: writes.filter(({ erase }) => erase).length,
          uncovered: 1
        });
        const rows = database
          .prepare('SELECT * FROM events JOIN streams ON streams.id = stream ORDER BY seq')
          .all();
        const row = rows[which % rows.length];
        for (const [column, value] of Object.entries(COLUMNS)) {
          const found = after(database, () =>
            database.exec(
              `UPDATE events SET ${column} = ${value} WHERE seq = ${String(row?.['seq'])}`
            )
          );
          expect([column, found?.stream, found?.seq]).toEqual([
            column,
            row?.['path'],
            row?.['seq']
          ]);
        }
        database.close();
      }),
      { numRuns: 8 }
    );
  });

  it('[V6] names the first event that is missing, wherever it stood', async () => {
    await fc.assert(
      fc.asyncProperty(journals, fc.nat(), async ({ writes, checkpointAt }, which) => {
        const database = new DatabaseSync(await written(writes, checkpointAt));
        const rows = database
          .prepare('SELECT * FROM events JOIN streams ON streams.id = stream ORDER BY seq')
          .all();
        const at = which % rows.length;
        const row = rows[at];
        const found = after(database, () =>
          database.exec(`DELETE FROM events WHERE seq = ${String(row?.['seq'])}`)
        );
        expect(found?.seq).toBe(row?.['seq']);
        const followed = rows.slice(at + 1).some(later => later['path'] === row?.['path']);
        expect(found?.stream ?? null).toBe(followed ? row?.['path'] : null);
        database.close();
      }),
      { numRuns: 8 }
    );
  });

  it('[V6] names the first of two events that changed places', async () => {
    await fc.assert(
      fc.asyncProperty(
        journals,
        fc.nat(),
        fc.nat(),
        async ({ writes, checkpointAt }, one, other) => {
          const database = new DatabaseSync(await written(writes, checkpointAt));
          const seqs = database
            .prepare('SELECT seq FROM events ORDER BY seq')
            .all()
            .map(row => Number(row['seq']));
          const [a = 0, b = 0] = [one % seqs.length, other % seqs.length]
            .sort((x, y) => x - y)
            .map(index => seqs[index]);
          const found = after(database, () =>
            database.exec(`UPDATE events SET seq = -1 WHERE seq = ${a};
            UPDATE events SET seq = ${a} WHERE seq = ${b}; UPDATE events SET seq = ${b} WHERE seq = -1`)
          );
          expect(found?.seq ?? null).toBe(a === b ? null : a);
          database.close();
        }
      ),
      { numRuns: 8 }
    );
  });
});
