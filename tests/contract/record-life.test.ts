/** The record through the life of a journal: older journals, erasures, removals, failed commits. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../agent/ids.js';
import { canonical } from '../../agent/core/record/canonical.js';
import { leafHash, payloadHash } from '../../agent/core/record/leaf.js';
import { nodeHashing } from '../../agent/journal/hashing.js';
import { MIGRATIONS } from '../../agent/journal/migrations.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { Checkpoints } from '../../agent/loop/checkpoints.js';
import { Redactions } from '../../agent/loop/redactions.js';
import type { Journal } from '../../agent/ports/host.js';
import { newSigningKey, noteSigner } from '../../agent/record/notes.js';
import type { Draft, Fact, StreamPath } from '../../schema/index.js';
import { CrankedClock } from '../unit/runtime/cranked-clock.js';
import { draft, STREAM } from './journal.js';
import { verdict } from './record-verdict.js';

const OTHER = '/other' as StreamPath;
const DELETIONS = '/deletions' as StreamPath;
const signer = noteSigner(newSigningKey());
const folders: string[] = [];
afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'colophon-record-')));
  return folders.at(-1) ?? '';
}

const clock = new CrankedClock();
const open = (dataDir: string) => openSqliteJournal({ dataDir, clock, ids: randomIds });
const said = (fact: Fact): Draft => ({ ...draft(''), ...fact });
const posted = (text: string): Draft =>
  said({ type: 'event.posted', v: 1, data: { type: 'note', payload: { text } } });
const checkpoint = (journal: Journal) => new Checkpoints({ journal, clock, signer }).close();
const database = (dataDir: string) => new DatabaseSync(join(dataDir, 'journal.db'));

function erase(journal: Journal, stream: StreamPath, offset: number) {
  const append = (of: StreamPath, change: object) => journal.append({ stream: of, ...change });
  const eraser = { actor: { kind: 'human', id: 'ada' }, assurance: 'verified' } as const;
  return new Redactions({ journal, clock, append }).redact(stream, { offset, reason: 'r' }, eraser);
}

/** What the check says once the journal is closed. */
async function closed(journal: Journal, dataDir: string, streams?: readonly StreamPath[]) {
  await journal.close();
  const file = database(dataDir);
  const found = verdict(file, signer.key, streams ?? null);
  file.close();
  return found;
}

/** A journal as it was before there was a record, with so many posted events. */
function olderJournal(events: number): string {
  const dataDir = newFolder();
  const file = database(dataDir);
  const scripts = MIGRATIONS.slice(0, 4);
  file.exec(`PRAGMA journal_mode = WAL; ${scripts.join(';')}; PRAGMA user_version = 4;`);
  file.exec("INSERT INTO streams (id, path, created_at) VALUES (1, '/a', 'x'), (2, '/b', 'x')");
  const insert = file.prepare(
    `INSERT INTO events (stream, offset, id, type, v, at, actor, assurance, data)
     VALUES (?, ?, ?, 'event.posted', 1, ?, '{"kind":"human","id":"ada"}', 'verified', ?)`
  );
  file.exec('BEGIN');
  for (let nth = 0; nth < events; nth += 1) {
    const data = { type: 'note', payload: { text: `secret number ${nth}.` } };
    const at = '2026-01-02T03:04:05.678Z';
    insert.run((nth % 2) + 1, Math.floor(nth / 2) + 1, `e${nth}`, at, JSON.stringify(data));
  }
  file.exec('COMMIT');
  file.close();
  return dataDir;
}

describe('the record of a journal', () => {
  it('[V2] begins with the first event of an older journal, when that is opened', async () => {
    const dataDir = olderJournal(7);
    const { journal } = open(dataDir);
    expect(journal.tree().size).toBe(7);
    await journal.append({ stream: '/b' as StreamPath, events: [posted('new')] }).durable;
    await checkpoint(journal);
    await journal.close();
    const again = open(dataDir).journal;
    expect(again.tree().size).toBe(9);
    const { fault, tally } = await closed(again, dataDir);
    expect(fault).toBeNull();
    expect(tally).toMatchObject({ events: 9, streams: 3, uncovered: 1 });
  });

  it('[V8] erases payloads of an older journal, too, to the last byte', async () => {
    const dataDir = olderJournal(3000);
    const { journal } = open(dataDir);
    for (const offset of [1, 500, 501, 502, 1500]) {
      await erase(journal, '/a' as StreamPath, offset);
    }
    const held = (nth: number) =>
      readdirSync(dataDir).some(name =>
        readFileSync(join(dataDir, name)).includes(`secret number ${nth}.`)
      );
    expect([0, 998, 1000, 1002, 2998].map(held)).toEqual([false, false, false, false, false]);
    expect([2, 1004].map(held)).toEqual([true, true]);
    const { fault, tally } = await closed(journal, dataDir);
    expect([fault, tally.erased]).toEqual([null, 5]);
  });

  it('[V9] is as it was after a stream is deleted, begun anew and trimmed', async () => {
    const dataDir = newFolder();
    const { journal } = open(dataDir);
    const append = (stream: StreamPath, ...events: Draft[]) =>
      journal.append({ stream, events }).durable;
    await append(STREAM, posted('a'), posted('b'));
    await append(OTHER, posted('x'));
    journal.remove([STREAM], {
      stream: DELETIONS,
      events: [
        said({ type: 'stream.deleted', v: 1, data: { path: STREAM, head: 2, children: [] } })
      ]
    });
    await append(STREAM, posted('c'), draft('d'), posted('e'));
    await checkpoint(journal);
    journal.trim(STREAM, 4, events => ({
      stream: STREAM,
      events: [said({ type: 'stream.trimmed', v: 1, data: { before: 4, events } })]
    }));
    await append(STREAM, posted('f'));
    await checkpoint(journal);
    expect(journal.record(STREAM, 2)?.previous).toHaveLength(64);
    await journal.close();
    const again = open(dataDir).journal;
    await again.append({ stream: OTHER, events: [posted('y')] }).durable;
    const { fault, tally } = await closed(again, dataDir);
    expect(fault).toBeNull();
    expect(tally).toMatchObject({ removed: 4, checkpoints: 2 });
    const file = database(dataDir);
    const alone = (...streams: StreamPath[]) => verdict(file, signer.key, streams);
    expect(alone(STREAM)).toMatchObject({ fault: null, tally: { events: 3, removed: 2 } });
    expect(alone(OTHER)).toMatchObject({ fault: null, tally: { events: 2, uncovered: 1 } });
    expect(alone(STREAM, OTHER).fault).toBeNull();
    file.exec(`INSERT INTO record_removed SELECT seq, '${OTHER}', offset, leaf FROM events
      WHERE stream = (SELECT id FROM streams WHERE path = '${OTHER}') AND offset = 1;
      DELETE FROM events WHERE seq IN (SELECT seq FROM record_removed)`);
    expect(verdict(file, signer.key).fault).toMatchObject({
      stream: OTHER,
      offset: 1,
      why: 'it was removed, but no event says so'
    });
    file.close();
  });

  it('[V5] names the signed range in which an event was altered together with its leaf', async () => {
    const dataDir = newFolder();
    const { journal } = open(dataDir);
    await journal.append({ stream: STREAM, events: [posted('a')] }).durable;
    await checkpoint(journal);
    await journal.append({ stream: OTHER, events: [posted('x')] }).durable;
    await checkpoint(journal);
    const [event] = journal.read(OTHER);
    const record = journal.record(OTHER, 1);
    await journal.close();
    if (event === undefined || record === undefined) {
      throw new Error('There is nothing to forge.');
    }
    const data = { type: 'note', payload: { text: 'forged' } };
    const hash = payloadHash(nodeHashing, record.salt ?? '', canonical(data));
    const { seq, previous } = record;
    const leaf = leafHash(nodeHashing, event, { payloadHash: hash, previous, seq });
    const file = database(dataDir);
    file
      .prepare('UPDATE events SET data = ?, leaf = ? WHERE seq = ?')
      .run(JSON.stringify(data), leaf, seq);
    const { fault } = verdict(file, signer.key);
    expect(fault).toMatchObject({ seq: 2 });
    expect(fault?.why).toContain('one of the events 2 to 3 of the journal was altered');
    expect(verdict(file, signer.key, [OTHER]).fault).toMatchObject({ stream: OTHER, offset: 1 });
    file.close();
  });

  it('[V2] goes on rightly after a commit that the disk refused', async () => {
    const dataDir = newFolder();
    const { journal } = open(dataDir);
    await journal.append({ stream: STREAM, events: [posted('a')] }).durable;
    const blocker = database(dataDir);
    blocker.exec('BEGIN IMMEDIATE');
    const stuck = journal.append({ stream: STREAM, events: [posted('b'), posted('c')] });
    const later = journal.append({ stream: OTHER, events: [posted('x')] });
    await new Promise(resolve => setImmediate(resolve));
    expect(journal.tree().size).toBe(1);
    blocker.exec('ROLLBACK');
    blocker.close();
    clock.pass(60_000);
    await Promise.all([stuck.durable, later.durable]);
    await checkpoint(journal);
    const { fault, tally } = await closed(journal, dataDir);
    expect([fault, tally.events]).toEqual([null, 5]);
  });
});
