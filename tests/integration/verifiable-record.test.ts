/** The commands of the verifiable record on what a real service wrote, and beside it while it runs. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordCommands } from './record-commands.js';
import type { Served } from './served.js';

const SECRET = 'correct-horse-battery-staple';

describe('the commands of the record', () => {
  const world = new RecordCommands();
  const { programs, run } = world;
  const dir = () => world.dir;
  const bytesHold = (text: string) =>
    readdirSync(dir()).some(file => readFileSync(join(dir(), file)).includes(text));
  let served: Served;

  beforeAll(async () => {
    served = await world.start();
  });
  afterAll(() => world.stop());

  it('[V7] verify a journal that a host has open', async () => {
    for (const nth of [1, 2, 3]) {
      await served.post('/notes', 'note', { nth, secret: `${SECRET} ${nth}` });
      await served.post('/other', 'note', { nth });
    }
    const { status, text } = run('verify', '--dir', dir());
    expect(text).toContain('As recorded: 6 events in 2 streams.');
    expect(status).toBe(0);
  });

  it('[V8] erase a payload over HTTP: readers see that, and no file holds its bytes', async () => {
    expect(bytesHold(`${SECRET} 2`)).toBe(true);
    const body = JSON.stringify({ offset: 2, reason: 'It held a password.' });
    const redact = () => served.fetch('streams/__redact/notes', { method: 'POST', body });
    const answer = (await redact()) as { event: Record<string, unknown> };
    expect(answer.event).toMatchObject({ type: 'record.redacted', offset: 4, stream: '/notes' });
    expect(bytesHold(`${SECRET} 2`)).toBe(false);
    expect(bytesHold(`${SECRET} 1`)).toBe(true);
    const [, erased, kept] = await served.events('/notes');
    expect(erased).toMatchObject({
      payload: {},
      redacted: { reason: 'It held a password.', by: { id: 'ada' } }
    });
    expect(kept).toMatchObject({ payload: { nth: 3, secret: `${SECRET} 3` } });
    expect(await redact()).toMatchObject({ code: 'malformed-request' });
    const other = (path: string, offset: number) =>
      served.fetch(`streams/__redact${path}`, {
        method: 'POST',
        body: JSON.stringify({ offset, reason: 'x' })
      });
    expect(await other('/notes', 99)).toMatchObject({ code: 'not-found' });
    expect(await other('/notes', 4)).toMatchObject({ code: 'reserved-type' });
    expect(await other('/notes', 0)).toMatchObject({ code: 'malformed-request' });
    expect(run('verify', '--dir', dir()).text).toContain('1 payload erased');
  });

  it('[V8] erase a payload while no host runs, and only then', async () => {
    const redact = (offset: string) =>
      run('redact', '--dir', dir(), '/notes', offset, '--reason', 'old');
    expect(redact('1')).toMatchObject({ status: 1 });
    await served.kill('SIGTERM');
    expect(redact('1').status).toBe(0);
    expect(bytesHold(`${SECRET} 1`)).toBe(false);
    expect(redact('1').status).toBe(1);
    expect(redact('none').status).toBe(2);
    const { status, text } = run('verify', '--dir', dir());
    expect(text).toContain('2 payloads erased');
    expect(status).toBe(0);
  });

  it('[V7] verify exports of everything and of one stream, each alone', () => {
    const file = join(programs, 'export.jsonl');
    const exported = (...of: string[]) => {
      const args = ['--dir', dir(), ...of, '--format', 'jsonl', '--output', file];
      expect(run('cli', 'export', ...args).status).toBe(0);
      return readFileSync(file, 'utf8').trimEnd().split('\n');
    };
    const verified = (lines: readonly string[], ...args: string[]) => {
      writeFileSync(file, `${lines.join('\n')}\n`);
      return run('verify', ...args, file);
    };
    const all = exported('--all');
    expect(verified(all)).toMatchObject({ status: 0 });
    const key = (JSON.parse(all[0] ?? '') as { key: string }).key;
    expect(verified(all, '--key', key)).toMatchObject({ status: 0 });
    const other = key.replace(/^[^+]+/, 'someone/else');
    expect(verified(all, '--key', other)).toMatchObject({ status: 2 });

    const notes = exported('--stream', '/notes');
    expect(verified(notes)).toMatchObject({ status: 0 });
    expect(verified(notes).text).toContain('5 events in 1 stream.');
    const third = notes.findIndex(line => line.includes('"nth":3'));
    const altered = notes.map((line, at) =>
      at === third ? line.replace('"nth":3', '"nth":33') : line
    );
    expect(verified(altered)).toMatchObject({ status: 1 });
    expect(verified(altered).text).toMatch(/stream \/notes, offset 3, .*payload was altered/);
    const without = notes.filter((_, at) => at !== third);
    expect(verified(without).text).toMatch(/stream \/notes, offset 3.*missing/);
    expect(verified(notes.slice(0, -1)).text).toMatch(/stream \/notes, offset 5.*missing/);
    expect(verified(all.slice(0, -1)).text).toMatch(/event \d+ of the journal: it is missing/);
    const unproven = notes.filter(line => !line.startsWith('{"proof"'));
    expect(verified(unproven)).toMatchObject({ status: 1 });
    expect(verified(['{}'])).toMatchObject({ status: 2 });
    expect(verified([...notes.slice(0, 4), 'no line'])).toMatchObject({ status: 1 });
    expect(run('verify', join(programs, 'none'))).toMatchObject({ status: 2 });
    expect(run('verify', '--dir', programs)).toMatchObject({ status: 2 });
  });

  it('[V8] empty a log that was left with an erased payload in it', async () => {
    await served.start();
    const { event } = (await served.post('/notes', 'note', { secret: `${SECRET} 9` })) as {
      event: { offset: number };
    };
    const reader = new DatabaseSync(join(dir(), 'journal.db'), { readOnly: true });
    reader.exec('BEGIN; SELECT * FROM events');
    const body = JSON.stringify({ offset: event.offset, reason: 'It held a password.' });
    await served.fetch('streams/__redact/notes', { method: 'POST', body });
    await served.kill();
    reader.close();
    expect(bytesHold(`${SECRET} 9`)).toBe(true);
    await served.start();
    expect(bytesHold(`${SECRET} 9`)).toBe(false);
    await served.kill('SIGTERM');
  });

  it('[V7] say of a wrong command and of what is no journal what is wrong, with exit code 2', () => {
    const junk = join(programs, 'journal.db');
    writeFileSync(junk, 'SQLite format 3\0 and no more');
    for (const [args, why] of [
      [['--bogus'], /--bogus[^]*colophon verify \[--dir/],
      [['--dir', join(programs, 'none')], /There is no journal at/],
      [['--dir', programs], /cannot be read as a journal/],
      [[programs], /cannot be read: EISDIR/],
      [['--dir', dir(), '--key', 'no key'], /no key of a journal/]
    ] as const) {
      const { status, text } = run('verify', ...args);
      expect([status, text]).toEqual([2, expect.stringMatching(why)]);
    }
    expect(run('verify', '--help')).toMatchObject({ status: 0 });
    rmSync(junk);
  });

  it('[V6] name what was altered in the database', () => {
    const database = new DatabaseSync(join(dir(), 'journal.db'));
    database.exec("UPDATE events SET actor = replace(actor, 'ada', 'eve') WHERE seq = 4");
    database.close();
    const { status, text } = run('verify', '--dir', dir());
    expect(text).toContain('NOT AS RECORDED: stream /other, offset 2, event 4 of the journal');
    expect(text).toContain('The 3 events before it are as they were recorded.');
    expect(status).toBe(1);
  });
});
