/** The journal on disk keeps the contract, and survives what happens to processes and files. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ONE_FILE } from '../bundle.js';
import { randomIds } from '../../agent/ids.js';
import { isOlder, openJournalDatabase } from '../../agent/journal/database.js';
import { JournalFailed } from '../../agent/journal/group.js';
import { GroupCommitJournal } from '../../agent/journal/group-commit.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { CommandId } from '../../schema/index.js';
import { STILL, STREAM, draft, journalContract, pathOf, update } from './journal.js';
import { removalContract } from './journal-removal.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-journal-'));
const writer = join(scratch, 'writer.cjs');
let folders = 0;

const newFolder = () => join(scratch, `data-${folders++}`);
const open = (dataDir: string) =>
  openSqliteJournal({ dataDir, clock: STILL, ids: randomIds, lockWaitMs: 0 });

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'journal-writer.ts')],
    outfile: writer,
    ...ONE_FILE
  });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

journalContract('sqlite', async () => open(newFolder()).journal);
removalContract('sqlite', async () => open(newFolder()).journal);

describe('the journal on disk', () => {
  it('[J5] knows answers, taps, updates and offsets after a restart', async () => {
    const folder = newFolder();
    const first = open(folder).journal;
    const { events } = first.append({
      stream: STREAM,
      events: [draft('a'), draft('b')],
      updates: [update(3, 1, 2)],
      tap: { tap: 't', n: 4 },
      command: 'c' as CommandId
    });
    await first.close();
    const second = open(folder).journal;
    expect(second.answered('c' as CommandId)).toEqual(events);
    expect(second.append({ stream: STREAM, command: 'c' as CommandId }).events).toEqual(events);
    expect(second.tapHead('t')).toBe(4);
    expect(second.updateHead(STREAM)).toEqual({ number: 1, epoch: 3 });
    expect(second.append({ stream: STREAM, events: [draft('c')] }).events[0]?.offset).toBe(3);
    await second.close();
  });

  it(
    '[J11] loses nothing that it acknowledged when its process is killed',
    { timeout: 30_000 },
    async () => {
      const folder = newFolder();
      const acknowledged = new Map<number, string>();
      for (let round = 0; round < 5; round++) {
        const process = spawn(globalThis.process.execPath, [writer, folder], {
          stdio: ['pipe', 'pipe', 'inherit']
        });
        const ended = once(process, 'close');
        let lines = 0;
        for await (const line of createInterface({ input: process.stdout })) {
          const [offset = '', id = ''] = line.split(' ');
          // The last line may be cut by the kill.
          if (id.length === 36) {
            expect(acknowledged.has(Number(offset))).toBe(false);
            acknowledged.set(Number(offset), id);
          }
          if (++lines === 40 + round * 137) {
            process.kill('SIGKILL');
          }
        }
        await ended;
      }
      const { journal, setAside } = open(folder);
      const stored = journal.read(STREAM);
      expect(setAside).toBeNull();
      expect(stored.map(event => event.offset)).toEqual(stored.map((_, index) => index + 1));
      expect(acknowledged.size).toBeGreaterThan(200);
      for (const [offset, id] of acknowledged) {
        expect(stored[offset - 1]?.id).toBe(id);
      }
      await journal.close();
    }
  );

  it('[J12] refuses everything after a commit that failed through no fault of the disk', async () => {
    const opened = openJournalDatabase({ dataDir: newFolder(), now: new Date() });
    const refuses = () => {
      throw new Error('the disk is gone');
    };
    const journal = new GroupCommitJournal(
      {
        commit: refuses,
        faultOf: () => null,
        recover: () => undefined,
        holds: () => false,
        readable: () => true,
        head: () => ({ offset: 0, update: 0, epoch: 0 }),
        read: () => [],
        streams: () => [],
        updates: () => [],
        record: () => undefined,
        tree: () => ({ size: 0, root: '' }),
        controls: () => [],
        controlled: () => [],
        transact: refuses,
        remove: refuses,
        trimmable: refuses,
        trim: refuses,
        begunBy: () => undefined,
        cursors: () => ({}),
        mark: () => undefined,
        busyStreams: () => [],
        tapHead: () => 0,
        answered: () => undefined,
        snapshot: () => undefined,
        health: refuses,
        close: () => opened.close()
      },
      randomIds,
      STILL
    );
    const seen: unknown[] = [];
    journal.subscribe(STREAM, event => seen.push(event));
    const { durable } = journal.append({ stream: STREAM, events: [draft('a')] });
    await expect(durable).rejects.toThrow(JournalFailed);
    expect(() => journal.append({ stream: STREAM, events: [draft('b')] })).toThrow(JournalFailed);
    expect(() => journal.read(STREAM)).toThrow(JournalFailed);
    expect(seen).toEqual([]);
    await journal.close();
  });

  it('[J13] lets one host in at a time', async () => {
    const folder = newFolder();
    const holder = spawn(process.execPath, [writer, folder, 'hold'], {
      stdio: ['pipe', 'pipe', 'inherit']
    });
    const ended = once(holder, 'close');
    await once(holder.stdout, 'data');
    expect(() => open(folder)).toThrowError(expect.objectContaining({ code: 'journal-locked' }));
    holder.kill('SIGKILL');
    await ended;
    const { journal } = open(folder);
    await journal.append({ stream: STREAM, events: [draft('a')] }).durable;
    await journal.close();
    const again = open(folder).journal;
    expect(again.head(STREAM)).toBe(1);
    await again.close();
  });

  const damages: Record<string, (path: string) => void> = {
    'is not a database': path =>
      writeFileSync(path, 'This is a text, not a database. '.repeat(300)),
    'has a damaged page': path => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 4096, Math.min(bytes.length, 9 * 4096));
      writeFileSync(path, bytes);
    },
    'was cut short': path => truncateSync(path, 4096 * 3)
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`[J14] sets a journal aside that ${name}`, async () => {
      const folder = newFolder();
      const first = open(folder).journal;
      for (let count = 0; count < 50; count++) {
        first.append({
          stream: STREAM,
          events: [draft('x'.repeat(500))],
          updates: [update(1, count)]
        });
      }
      await first.close();
      const path = join(folder, 'journal.db');
      damage(path);
      const damaged = readFileSync(path);
      const { journal, setAside } = open(folder);
      expect(setAside).toMatch(/journal-corrupt-\d{4}-\d\d-\d\dT[\d-]+Z\.db$/);
      expect(readFileSync(setAside ?? '').equals(damaged)).toBe(true);
      expect(journal.head(STREAM)).toBe(0);
      await journal.append({ stream: STREAM, events: [draft('new')] }).durable;
      expect(journal.read(STREAM).map(pathOf)).toEqual(['new']);
      await journal.close();
      expect(open(folder).setAside).toBeNull();
    });
  }

  it('[J15] refuses a journal of a newer version and leaves it alone', async () => {
    const folder = newFolder();
    await open(folder).journal.close();
    const path = join(folder, 'journal.db');
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE);');
    database.close();
    const before = readFileSync(path);
    expect(() => open(folder)).toThrowError(expect.objectContaining({ code: 'journal-unusable' }));
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder).filter(name => name.includes('corrupt'))).toEqual([]);
  });

  it('[J16] keeps its files private', async () => {
    const folder = newFolder();
    const { journal } = open(folder);
    await journal.append({ stream: STREAM, events: [draft('a')] }).durable;
    for (const name of readdirSync(folder)) {
      expect(`${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`).toBe(
        `${name} 600`
      );
    }
    expect(readdirSync(folder)).toContain('journal.db-wal');
    await journal.close();
  });

  it('[J17] knows which SQLite is too old', () => {
    for (const version of ['3.51.2', '3.50.9', '3.9.99', '2.99.99']) {
      expect(isOlder(version, '3.51.3')).toBe(true);
    }
    for (const version of ['3.51.3', '3.51.10', '3.53.4', '3.54', '4.0.0']) {
      expect(isOlder(version, '3.51.3')).toBe(false);
    }
  });
});
