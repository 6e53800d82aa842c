/** Checkpoints that somebody keeps, against the journal and what it answers over HTTP. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordHead } from '../../schema/index.js';
import { RecordCommands } from './record-commands.js';
import type { Served } from './served.js';

describe('whoever keeps a checkpoint can', () => {
  const world = new RecordCommands();
  const [first, second, file, copy] = ['first.note', 'second.note', 'head.json', 'copy.db'].map(
    name => join(world.programs, name)
  ) as [string, string, string, string];
  const verify = (...args: string[]) => world.run('verify', ...args);
  const head = (from: number | string) => served.fetch(`record?from=${from}`);
  let served: Served;

  beforeAll(async () => {
    served = await world.start();
  });
  afterAll(() => world.stop());

  it('[V10] check that a journal and its answers go on from it', async () => {
    expect(await head(0)).toMatchObject({ code: 'not-found' });
    await served.post('/notes', 'note', { nth: 1 });
    await served.kill('SIGTERM');
    expect(verify('--dir', world.dir, '--keep', first).status).toBe(0);
    await served.start();
    await served.post('/notes', 'note', { nth: 2 });
    const size = Number(readFileSync(first, 'utf8').split('\n')[1]);
    expect(await head(size + 1)).toMatchObject({ code: 'not-found' });
    expect(await head('x')).toMatchObject({ code: 'malformed-request' });
    await served.kill('SIGTERM');
    await served.start();
    const answer = (await head(size)) as RecordHead;
    expect(answer.size).toBeGreaterThan(size);
    const answered = (change: object, ...args: string[]) => {
      writeFileSync(file, JSON.stringify({ ...answer, ...change }));
      return verify(file, ...args);
    };
    expect(answered({}, '--checkpoint', first, '--keep', second).status).toBe(0);
    expect(answered({}, '--key', answer.key, '--checkpoint', second).status).toBe(0);
    const [, ...shorter] = answer.consistency;
    for (const change of [{ consistency: shorter }, { note: answer.note.replace(/^\d+$/m, '7') }]) {
      expect(answered(change, '--checkpoint', first).status).toBe(1);
    }
    expect(answered({ from: 2 }, '--checkpoint', first).status).toBe(2);
    expect(verify('--dir', world.dir, '--checkpoint', second)).toMatchObject({ status: 0 });
    expect(verify('--dir', world.dir, '--checkpoint', file)).toMatchObject({ status: 0 });
    expect(
      verify('--dir', world.dir, '--checkpoint', join(world.programs, 'verify.js')).status
    ).toBe(2);
  });

  it('[V10] show by a kept checkpoint that the end of a journal was cut off', async () => {
    await served.kill('SIGTERM');
    const size = Number(readFileSync(first, 'utf8').split('\n')[1]);
    const database = new DatabaseSync(join(world.dir, 'journal.db'));
    database.exec(`VACUUM INTO '${copy}'`);
    database.close();
    expect(verify(copy, '--checkpoint', second)).toMatchObject({ status: 0 });
    const cut = new DatabaseSync(copy);
    cut.exec(
      `PRAGMA foreign_keys = OFF; DELETE FROM record_tree; DELETE FROM events WHERE seq > ${size}`
    );
    cut.close();
    expect(verify(copy)).toMatchObject({ status: 0 });
    const missing = verify(copy, '--checkpoint', second);
    expect(missing.text).toContain(`event ${size + 1} of the journal: it is missing here`);
    expect(missing.status).toBe(1);
  });
});
