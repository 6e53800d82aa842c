/** Which errors of SQLite say that the disk, and not this program, is at fault. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from '../core/explain.js';
import type { DiskFault } from './storage.js';

export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_NOTADB = 26;
const SQLITE_FULL = 13;
/** Busy, locked, read-only, input/output error, full, cannot open, protocol: all of them may pass. */
const FAULTS: ReadonlySet<number> = new Set([SQLITE_BUSY, 6, 8, 10, SQLITE_FULL, 14, 15]);
/** Below this nothing that SQLite does with a file succeeds. */
const NO_SPACE_BYTES = 64 * 1024;

/** Another program keeps the database from being made sure of; it will end some time. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';
}

/** SQLite's primary result code of an error, or undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** The fault of the disk behind an error; null if it is none. `path` is a file of the journal. */
export function faultOf(error: unknown, path: string): DiskFault | null {
  const code = sqliteCode(error);
  const fault = error instanceof DatabaseInUse || (code !== undefined && FAULTS.has(code));
  if (!fault) {
    return null;
  }
  const reason = reasonOf(error);
  return { kind: code === SQLITE_FULL || noSpace(path) ? 'full' : 'unwritable', reason };
}

/** Some file systems say that they are full only when asked. */
function noSpace(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < NO_SPACE_BYTES;
  } catch {
    return false;
  }
}
