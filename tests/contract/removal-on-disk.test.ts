/** What is left in the files of a journal once a stream was removed from it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { StreamPath } from '../../schema/index.js';
import { draft, STILL, STREAM, update } from './journal.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-removal-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const open = () =>
  openSqliteJournal({ dataDir: scratch, clock: STILL, ids: randomIds, lockWaitMs: 0 }).journal;
const holds = (words: string) =>
  readdirSync(scratch).some(name => readFileSync(join(scratch, name)).includes(words));

it('[G11] overwrites the bytes of what it removes, and opens again with the same record', async () => {
  const journal = open();
  const secret = 'very secret words';
  const long = Array.from({ length: 200 }, (_, index) =>
    draft(`${secret} ${index} ${'x'.repeat(500)}`)
  );
  const bytes = update(1, ...Buffer.from(secret));
  await journal.append({ stream: STREAM, events: long, updates: [bytes] }).durable;
  await journal.append({ stream: '/kept' as StreamPath, events: [draft('kept words')] }).durable;
  expect(holds(secret)).toBe(true);
  journal.remove([STREAM], { stream: '/deletions' as StreamPath, events: [draft('gone')] });
  expect([holds(secret), holds('kept words')]).toEqual([false, true]);
  const before = journal.tree();
  await journal.close();
  const again = open();
  expect(again.tree()).toEqual(before);
  await again.append({ stream: STREAM, events: [draft('new')] }).durable;
  expect(again.record(STREAM, 1)?.seq).toBe(before.size + 1);
  await again.close();
});
