/** `colophon backup` and `colophon compact`, as commands on a real journal. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/clock.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import type { Draft, StreamPath } from '../../schema/index.js';

const COLOPHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'colophon');
const STREAM = '/kept' as StreamPath;
const ANN = { actor: { kind: 'human', id: 'ann' }, assurance: 'verified' } as const;

function posted(n: number, at = '2026-01-01T00:00:00.000Z'): Draft {
  return { ...ANN, at, type: 'event.posted', v: 1, data: { type: 'n', payload: { n } } };
}

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise(resolve => {
    const child = spawn(COLOPHON, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', code => resolve({ code, output }));
  });
}

describe('upkeep of a journal', () => {
  let dir = '';
  const open = () => openSqliteJournal({ dataDir: dir, clock: systemClock, ids: randomIds });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'colophon-upkeep-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('[K1] copies the journal while it is written, as it was at one moment', async () => {
    const { journal } = open();
    const all = () => Array.from({ length: 500 }, (_, n) => posted(n));
    await journal.append({ stream: STREAM, events: all() }).durable;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        await journal.append({ stream: STREAM, events: [posted(0), posted(1)] }).durable;
      }
    })();
    const copy = join(dir, 'copy.db');
    const { code, output } = await run('backup', '--dir', dir, '--output', copy);
    writing = false;
    await writer;
    expect([code, output]).toEqual([0, expect.stringMatching(/events of \d+ streams, .* checked/)]);
    expect(statSync(copy).mode & 0o077).toBe(0);
    const head = journal.head(STREAM);
    await journal.close();
    const database = new DatabaseSync(copy, { readOnly: true });
    const row = database
      .prepare(
        `SELECT count(*) AS n, max(offset) AS head FROM events
                WHERE stream = (SELECT id FROM streams WHERE path = ?)`
      )
      .get(STREAM);
    database.close();
    const count = Number(row?.['n']);
    expect(count).toBe(row?.['head']);
    expect(count).toBeGreaterThanOrEqual(500);
    expect(count).toBeLessThanOrEqual(head);
    // A transaction of two is there whole or not at all.
    expect(count % 2).toBe(0);
  });

  it('[AR15] says which folder is to be copied beside the journal', async () => {
    await open().journal.close();
    mkdirSync(join(dir, 'artifacts'));
    const { code, output } = await run('backup', '--dir', dir, '--output', join(dir, 'copy.db'));
    expect([code, output]).toEqual([0, expect.stringContaining(join(dir, 'artifacts'))]);
  });

  it('[K1] never leaves half a copy, and overwrites nothing', async () => {
    const none = await run('backup', '--dir', join(dir, 'nowhere'), '--output', join(dir, 'x.db'));
    expect([none.code, none.output]).toEqual([1, expect.stringContaining('There is no journal')]);
    await open().journal.close();
    const twice = await run('backup', '--dir', dir, '--output', join(dir, 'journal.db'));
    expect([twice.code, twice.output]).toEqual([1, expect.stringContaining('exists already')]);
    const nowhere = await run('backup', '--dir', dir, '--output', join(dir, 'a', 'b.db'));
    expect([nowhere.code, existsSync(join(dir, 'a'))]).toEqual([1, false]);
    expect((await run('backup', '--dir', dir)).code).toBe(2);
    expect((await run('backup', '--what')).code).toBe(2);
  });

  it('[K2] drops documents of replaced histories that are old, and no fact', async () => {
    const { journal } = open();
    const update = (epoch: number, at: string) => ({
      ...ANN,
      at,
      epoch,
      bytes: new Uint8Array(100_000).fill(epoch)
    });
    const long = '2020-01-01T00:00:00.000Z';
    const now = new Date().toISOString();
    await journal.append({ stream: STREAM, events: [posted(1, long)], command: 'k' as never })
      .durable;
    await journal.append({ stream: STREAM, updates: [update(1, long), update(2, now)] }).durable;
    await journal.append({ stream: STREAM, updates: [update(3, long)] }).durable;
    const busy = await run('compact', '--dir', dir);
    expect([busy.code, busy.output]).toEqual([1, expect.stringContaining('Another Colophon host')]);
    await journal.close();
    const before = statSync(join(dir, 'journal.db')).size;
    const dry = await run('compact', '--dir', dir, '--dry-run');
    expect(dry.output).toContain('would drop 1 document updates (0.1 MB) and 1 keys');
    const done = await run('compact', '--dir', dir);
    expect([done.code, done.output]).toEqual([0, expect.stringContaining('dropped 1 document')]);
    expect(statSync(join(dir, 'journal.db')).size).toBeLessThan(before);
    const again = open().journal;
    expect(again.head(STREAM)).toBe(1);
    expect(again.updates(STREAM).map(({ epoch }) => epoch)).toEqual([3]);
    expect(again.updates(STREAM, { epoch: 2 }).length).toBe(1);
    expect(again.updates(STREAM, { epoch: 1 })).toEqual([]);
    expect(again.updateHead(STREAM)).toEqual({ number: 3, epoch: 3 });
    await again.close();
  });

  it('[K2] refuses rules that are none', async () => {
    const wrong = await run('compact', '--dir', dir, '--keep-documents', 'ever');
    expect([wrong.code, wrong.output]).toEqual([
      2,
      expect.stringContaining('whole number of days')
    ]);
  });

  it('[K2] makes no journal where there is none', async () => {
    const nowhere = join(dir, 'nowhere');
    const { code, output } = await run('compact', '--dir', nowhere);
    expect([code, output]).toEqual([
      1,
      `There is no journal in ${nowhere}. Name its folder with --dir.\n`
    ]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('[Q30] each command tells how it is called, and names what is wrong with a call in one line', async () => {
    for (const name of ['backup', 'compact']) {
      const help = await run(name, '--help');
      expect([help.code, help.output.startsWith(`colophon ${name} `)]).toEqual([0, true]);
      const wrong = await run(name, '--bogus');
      expect([wrong.code, wrong.output]).toEqual([
        2,
        `Unknown option '--bogus'. See: colophon ${name} --help\n`
      ]);
    }
    expect(await run('backup')).toMatchObject({
      code: 2,
      output: expect.stringMatching(/^Name the copy with --output\..*\n$/)
    });
  });
});
