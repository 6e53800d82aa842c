/**
 * A copy of the journal while its host runs: one consistent state, checked before it gets its name, so
 * that a file of that name is always a whole copy.
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { reasonOf } from '../core/explain.js';

/** Why no copy was made; the message says what to do. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  readonly events: number;
  readonly streams: number;
}

/**
 * Copies the journal at `source` to `target`, a new file that only its owner may read. Throws
 * BackupRefused; then there is no file at `target`.
 */
export async function backUp(source: string, target: string): Promise<Backup> {
  if (!existsSync(source)) {
    throw new BackupRefused(`There is no journal at ${source}. Name its folder with --dir.`);
  }
  if (existsSync(target)) {
    throw new BackupRefused(`${target} exists already. Choose another name.`);
  }
  const unfinished = `${target}.unfinished`;
  try {
    closeSync(openSync(unfinished, 'w', 0o600));
    chmodSync(unfinished, 0o600);
    const database = new DatabaseSync(source, { readOnly: true, timeout: 5000 });
    try {
      // In one step: it reads one state, and what is written meanwhile does not make it start again.
      await backup(database, unfinished, { rate: -1 });
    } finally {
      database.close();
    }
    const counted = inspect(unfinished);
    renameSync(unfinished, target);
    return { path: target, bytes: statSync(target).size, ...counted };
  } catch (error) {
    const reason = reasonOf(error);
    throw new BackupRefused(`The journal could not be copied: ${reason}.`, { cause: error });
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(unfinished + suffix, { force: true });
    }
  }
}

function inspect(path: string): { events: number; streams: number } {
  const copy = new DatabaseSync(path);
  try {
    // A file of its own, without a log beside it: it can be moved and read as it is.
    copy.exec('PRAGMA journal_mode = DELETE');
    const state = copy.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (state !== 'ok') {
      throw new Error(`the copy is damaged (${String(state)})`);
    }
    const count = (table: string) =>
      Number(copy.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    return { events: count('events'), streams: count('streams') };
  } finally {
    copy.close();
  }
}
