/**
 * What the journal does while its disk takes nothing, and after. The faults are real: a database
 * with a largest size, or one that another connection has locked; and a storage that fails before
 * or after it wrote.
 */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../agent/ids.js';
import { GroupCommitJournal } from '../../agent/journal/group-commit.js';
import { JournalFailed } from '../../agent/journal/group.js';
import { memoryStorage } from '../../agent/journal/memory.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { Storage } from '../../agent/journal/storage.js';
import { JournalUnreachable } from '../../agent/ports/host.js';
import type { CommandId, StreamPath } from '../../schema/index.js';
import { CrankedClock } from '../unit/runtime/cranked-clock.js';
import { draft, pathOf, STREAM, update } from './journal.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-failures-'));
const OTHER = '/other' as StreamPath;
let folders = 0;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve));

function openJournal() {
  const clock = new CrankedClock();
  const dataDir = join(scratch, `data-${folders++}`);
  const { journal, database } = openSqliteJournal({ dataDir, clock, ids: randomIds });
  return { clock, dataDir, journal, database };
}

type Fault = 'before' | 'after';

/** A storage whose commits fail as told: before anything is written, or after all of it is. */
function faulty(): { storage: Storage; next: Fault[] } {
  const kept = memoryStorage();
  const next: Fault[] = [];
  const broken = new Error('input/output error');
  const failing = (write: () => void) => {
    const fault = next.shift();
    if (fault !== 'before') {
      write();
    }
    if (fault !== undefined) {
      throw broken;
    }
  };
  const storage: Storage = {
    ...kept,
    commit: (entries, snapshots) => failing(() => kept.commit(entries, snapshots)),
    transact: work => failing(() => kept.transact(work)),
    remove: (streams, entry) => failing(() => kept.remove(streams, entry)),
    faultOf: error => (error === broken ? { kind: 'unwritable', reason: broken.message } : null)
  };
  return { storage, next };
}

describe('a journal whose disk fails', () => {
  it('[J22] takes nothing new while the disk is full, reads on, and writes what waited once it can', async () => {
    const { clock, journal, database } = openJournal();
    await journal.append({ stream: STREAM, events: [draft('before')] }).durable;
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() ?? {};
    database.exec(`PRAGMA max_page_count = ${Number(pages)}`);
    const large = journal.append({
      stream: STREAM,
      events: [draft('x'.repeat(100_000))],
      command: 'large' as CommandId
    });
    await turn();
    await turn();
    expect(journal.trouble()).toBeNull();
    const behind = journal.append({ stream: STREAM, events: [draft('behind')] });
    clock.pass(2000);
    const mayBeStored = { at: { mayBeStored: true } };
    expect(await large.outcome).toMatchObject({ code: 'journal-full', ...mayBeStored });
    expect(await behind.outcome).toMatchObject({ code: 'journal-full', ...mayBeStored });
    expect(journal.trouble()).toMatchObject({ code: 'journal-full', at: { mayBeStored: false } });
    expect(journal.trouble('large' as CommandId)).toMatchObject(mayBeStored);
    expect(journal.read(STREAM).map(pathOf)).toEqual(['before']);
    database.exec('PRAGMA max_page_count = 1000000');
    clock.pass(2000);
    await Promise.all([large.durable, behind.durable]);
    expect(journal.trouble()).toBeNull();
    expect(journal.read(STREAM).map(pathOf)).toEqual(['before', 'x'.repeat(100_000), 'behind']);
    expect(journal.answered('large' as CommandId)).toEqual(large.events);
    await journal.close();
  });

  it('[J21] waits for another program that holds the database, and connects anew', async () => {
    const { clock, dataDir, journal } = openJournal();
    await journal.append({ stream: STREAM, events: [draft('a')] }).durable;
    const other = new DatabaseSync(join(dataDir, 'journal.db'));
    other.exec('BEGIN IMMEDIATE');
    const waiting = journal.append({ stream: STREAM, events: [draft('b')] });
    await turn();
    clock.pass(100);
    expect(journal.trouble()).toBeNull();
    other.exec('ROLLBACK');
    other.close();
    clock.pass(1000);
    await waiting.durable;
    expect(await waiting.outcome).toBeNull();
    expect(journal.read(STREAM).map(pathOf)).toEqual(['a', 'b']);
    await journal.close();
  });

  it('[Z8] says of a command that waits that it does, though another trouble has just begun', async () => {
    const { storage, next } = faulty();
    const clock = new CrankedClock();
    const journal = new GroupCommitJournal(storage, randomIds, clock);
    const command = 'behind' as CommandId;
    next.push(...Array.from({ length: 20 }, () => 'before' as const));
    journal.append({ stream: STREAM, events: [draft('first')] });
    await turn();
    const behind = journal.append({ stream: STREAM, events: [draft('behind')], command });
    clock.pass(2000);
    expect(await behind.outcome).toMatchObject({ at: { mayBeStored: true } });
    // The disk takes what was stuck, and then nothing again.
    next.splice(0, Infinity, 'after', ...Array.from({ length: 9 }, () => 'before' as const));
    while (journal.trouble() !== null) {
      clock.pass(1);
    }
    expect(journal.read(STREAM).map(pathOf)).toEqual(['first']);
    expect(journal.trouble()).toBeNull();
    expect(journal.trouble(command)).toMatchObject({ at: { mayBeStored: true } });
    next.length = 0;
    clock.pass(2000);
    await behind.durable;
    expect(journal.trouble(command)).toBeNull();
    expect(journal.answered(command)).toEqual(behind.events);
    await journal.close();
  });

  it('[J21] does not write again what a failed commit left on the disk', async () => {
    const { storage, next } = faulty();
    const clock = new CrankedClock();
    const journal = new GroupCommitJournal(storage, randomIds, clock);
    const seen: string[] = [];
    journal.subscribe(STREAM, event => seen.push(pathOf(event)));
    next.push('after');
    await journal.append({ stream: STREAM, events: [draft('a'), draft('b')] }).durable;
    next.push('before', 'after');
    const { durable } = journal.append({ stream: STREAM, events: [draft('c')] });
    await turn();
    expect(seen).toEqual(['a', 'b']);
    clock.pass(10);
    await durable;
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(journal.read(STREAM).map(pathOf)).toEqual(['a', 'b', 'c']);
    await journal.close();
  });

  it('[J21] tells of a transaction that failed only if the disk holds it', async () => {
    const { storage, next } = faulty();
    const journal = new GroupCommitJournal(storage, randomIds, new CrankedClock());
    const seen: string[] = [];
    journal.subscribe(STREAM, event => seen.push(pathOf(event)));
    const transact = (name: string) =>
      journal.transact(append => append({ stream: STREAM, events: [draft(name)] }));
    next.push('after');
    expect(transact('a')).toMatchObject([{ offset: 1 }]);
    expect(seen).toEqual(['a']);
    next.push('before');
    expect(() => transact('b')).toThrow(JournalUnreachable);
    expect(transact('c')).toMatchObject([{ offset: 2 }]);
    expect(journal.trouble()).toBeNull();
    expect(seen).toEqual(['a', 'c']);
    expect(journal.read(STREAM).map(pathOf)).toEqual(['a', 'c']);
    await journal.close();
  });

  it('[J21] tells the readers of a stream that it was removed, though its removal failed behind the commit', async () => {
    const { storage, next } = faulty();
    const journal = new GroupCommitJournal(storage, randomIds, new CrankedClock());
    let ended = 0;
    journal.subscribe(
      STREAM,
      () => undefined,
      () => (ended += 1)
    );
    await journal.append({ stream: STREAM, events: [draft('a')] }).durable;
    const fact = { stream: OTHER, events: [draft('removed')] };
    next.push('before');
    expect(() => journal.remove([STREAM], fact)).toThrow(JournalUnreachable);
    expect([ended, journal.head(STREAM), journal.head(OTHER)]).toEqual([0, 1, 0]);
    next.push('after');
    journal.remove([STREAM], fact);
    expect([ended, journal.head(STREAM), journal.head(OTHER)]).toEqual([1, 0, 1]);
    expect(journal.next(STREAM)).toBe(1);
    await journal.close();
  });

  it('[J24] does not let what waits for the disk fill the memory', async () => {
    const { storage, next } = faulty();
    const clock = new CrankedClock();
    const journal = new GroupCommitJournal(storage, randomIds, clock);
    next.push(...Array.from({ length: 2000 }, (): Fault => 'before'));
    const ends: unknown[] = [];
    const append = () => {
      const megabyte = { ...update(1, 0), bytes: new Uint8Array(1024 * 1024) };
      const { durable } = journal.append({ stream: STREAM, updates: [megabyte] });
      durable.catch((error: unknown) => ends.push(error));
    };
    append();
    await turn();
    const fill = () => {
      for (let count = 0; count < 1000; count += 1) {
        append();
      }
    };
    expect(fill).toThrow(JournalFailed);
    await turn();
    expect(ends.length).toBeGreaterThan(30);
    expect(ends.length).toBeLessThan(100);
    expect(ends.every(error => error instanceof JournalFailed)).toBe(true);
    expect(() => journal.read(STREAM)).toThrow(JournalFailed);
    await journal.close();
  });

  it('[J21] behaves as a plain list however commits fail', async () => {
    const step = fc.record({
      events: fc.nat({ max: 3 }),
      command: fc.option(fc.constantFrom('p', 'q', 'r'), { nil: undefined }),
      faults: fc.array(fc.constantFrom<Fault[]>('before', 'after'), { maxLength: 3 }),
      commit: fc.boolean(),
      pass: fc.nat({ max: 800 })
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async steps => {
        const { storage, next } = faulty();
        const clock = new CrankedClock();
        const journal = new GroupCommitJournal(storage, randomIds, clock);
        const model: string[] = [];
        const seen: string[] = [];
        const done = new Set<string>();
        journal.subscribe(STREAM, event => seen.push(pathOf(event)));
        const durable: Promise<void>[] = [];
        for (const [index, action] of steps.entries()) {
          next.push(...action.faults);
          const names = Array.from({ length: action.events }, (_, nth) => `${index}.${nth}`);
          const { command } = action;
          const first = journal.next(STREAM);
          const appended = journal.append({
            stream: STREAM,
            events: names.map(draft),
            ...(command !== undefined && { command: command as CommandId })
          });
          durable.push(appended.durable);
          if (command === undefined || !done.has(command)) {
            expect(appended.events.map(({ offset }) => offset)).toEqual(
              names.map((_, nth) => first + nth)
            );
            model.push(...names);
          }
          if (command !== undefined) {
            done.add(command);
          }
          if (action.commit) {
            await turn();
          }
          clock.pass(action.pass);
          const read = journal.read(STREAM).map(pathOf);
          expect(read).toEqual(model.slice(0, read.length));
          expect(seen).toEqual(model.slice(0, seen.length));
        }
        next.splice(0);
        await turn();
        clock.pass(2000);
        await Promise.all(durable);
        expect(journal.read(STREAM).map(pathOf)).toEqual(model);
        expect(seen).toEqual(model);
        expect(journal.trouble()).toBeNull();
        await journal.close();
      })
    );
  });
});
