/** The private key that signs the journal's checkpoints: made once, kept in its database. */
import type { DatabaseSync } from 'node:sqlite';
import { text } from './rows.js';

/** The kept key, or undefined; in PEM. */
export function recordKey(database: DatabaseSync): string | undefined {
  const row = database.prepare('SELECT private_key FROM record_key').get();
  return row && text(row, 'private_key');
}

/** The kept key; the first time the one that `make` gives. */
export function ensureRecordKey(database: DatabaseSync, make: () => string): string {
  const known = recordKey(database);
  if (known !== undefined) {
    return known;
  }
  const made = make();
  database.prepare('INSERT INTO record_key VALUES (1, ?)').run(made);
  return made;
}
