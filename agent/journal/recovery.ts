/** Brings the journal's database back after a disk that failed, to where only the durable is read. */
import type { DatabaseSync } from 'node:sqlite';
import { DatabaseInUse } from './disk-fault.js';
import type { DiskFault } from './storage.js';

/**
 * To be said to every connection that writes. Copies that rows leave behind when they move are
 * overwritten, too: what is erased must be gone.
 */
export const DURABLE =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;';

/**
 * After a transaction that failed with this fault: takes back what is left of it, and connects anew
 * unless the disk is merely full. Throws while that fails; what was on the disk before can be read
 * meanwhile, unless the database is closed.
 */
export function recover(database: DatabaseSync, { kind }: DiskFault): void {
  if (database.isOpen) {
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    // A new connection to a full disk might find no space for its side files, and could not even read.
    if (kind === 'full') {
      return;
    }
    // While this fails, what was durable before can still be read.
    rewriteTail(database);
    database.close();
  }
  database.open();
  try {
    database.exec(DURABLE);
    rewriteTail(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Moves what the write-ahead log holds into the database. After a failed fsync the system may show
 * bytes that never reached the disk and call the next fsync a success: only what is written once
 * more, with a success, is durable.
 */
function rewriteTail(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (row?.['log'] !== row?.['checkpointed']) {
    throw new DatabaseInUse('Another program is reading the journal.');
  }
}
