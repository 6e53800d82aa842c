/** A checkpoint that was kept elsewhere, against a journal whose history was written anew. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { isConsistent } from '../../agent/core/record/proofs.js';
import { Frontier } from '../../agent/core/record/tree.js';
import { randomIds } from '../../agent/ids.js';
import { nodeHashing } from '../../agent/journal/hashing.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { Checkpoints } from '../../agent/loop/checkpoints.js';
import type { Journal } from '../../agent/ports/host.js';
import { RecordHeads } from '../../agent/record-heads.js';
import { keepRecord } from '../../agent/record-keeping.js';
import { newSigningKey, noteSigner } from '../../agent/record/notes.js';
import type { Draft } from '../../schema/index.js';
import { CrankedClock } from '../unit/runtime/cranked-clock.js';
import { draft, STREAM } from './journal.js';
import { verdict } from './record-verdict.js';

const signer = noteSigner(newSigningKey());
const clock = new CrankedClock();
const folder = mkdtempSync(join(tmpdir(), 'colophon-record-'));
afterAll(() => rmSync(folder, { recursive: true }));

const posted = (text: string): Draft => ({
  ...draft(''),
  ...{ type: 'event.posted', v: 1, data: { type: 'note', payload: { text } } }
});
const checkpoint = (journal: Journal) => new Checkpoints({ journal, clock, signer }).close();
const database = (dataDir: string) => new DatabaseSync(join(dataDir, 'journal.db'));

describe('a journal', () => {
  it('[V10] whose history was rewritten with its own key does not begin with a kept checkpoint', async () => {
    const write = async (text: string): Promise<string> => {
      const dataDir = mkdtempSync(join(folder, 'journal-'));
      const { journal } = openSqliteJournal({ dataDir, clock, ids: randomIds });
      await journal.append({ stream: STREAM, events: [posted(text), posted('b')] }).durable;
      await checkpoint(journal);
      await journal.append({ stream: STREAM, events: [posted('c')] }).durable;
      await checkpoint(journal);
      await journal.close();
      return dataDir;
    };
    const noteOf = (file: DatabaseSync) => {
      const row = file.prepare("SELECT data FROM events WHERE type = 'record.checkpointed'").get();
      return (JSON.parse(String(row?.['data'])) as { note: string }).note;
    };
    const [kept, rewritten] = [database(await write('a')), database(await write('forged'))];
    const note = noteOf(kept);
    expect(verdict(kept, signer.key, null, note).fault).toBeNull();
    expect(verdict(rewritten, signer.key).fault).toBeNull();
    const { fault } = verdict(rewritten, signer.key, null, note);
    expect(fault).toMatchObject({
      seq: 1,
      why: expect.stringContaining('events 1 to 2') as string
    });
    kept.exec('DELETE FROM events WHERE seq > 2; DELETE FROM record_tree');
    expect(verdict(kept, signer.key).fault).toBeNull();
    expect(verdict(kept, signer.key, null, note).fault).toMatchObject({ seq: 3 });
    const other = noteSigner(newSigningKey());
    expect(verdict(rewritten, other.key).fault?.why).toContain('it is of another journal');
    [kept, rewritten].forEach(file => file.close());
  });

  it('[V10] makes so many proofs at a time, and tells the others to ask again', async () => {
    const dataDir = mkdtempSync(join(folder, 'journal-'));
    const { journal, database: file } = openSqliteJournal({ dataDir, clock, ids: randomIds });
    const heads = new RecordHeads(join(dataDir, 'journal.db'));
    expect(await heads.head(0)).toEqual({ signed: 0 });
    const events = Array.from({ length: 5000 }, () => posted('a'));
    await journal.append({ stream: STREAM, events }).durable;
    const checkpoints = keepRecord(journal, file);
    await checkpoints.close();
    const answers = await Promise.all(Array.from({ length: 10 }, () => heads.head(4097)));
    expect(answers.filter(answer => 'consistency' in answer)).toHaveLength(8);
    expect(answers.filter(answer => 'busy' in answer)).toHaveLength(2);
    expect(await heads.head(5001)).toEqual({ signed: 5000 });
    const [answer] = answers;
    if (answer === undefined || !('consistency' in answer)) {
      throw new Error('There is no proof.');
    }
    const { root, consistency } = answer;
    const frontier = new Frontier(nodeHashing);
    const leaves = file.prepare('SELECT leaf FROM events ORDER BY seq LIMIT 4097').all();
    leaves.forEach(({ leaf }) => frontier.add(String(leaf)));
    const from = { size: 4097, root: frontier.root() };
    expect(isConsistent(nodeHashing, from, { size: 5000, root }, consistency)).toBe(true);
    await journal.close();
  });
});
