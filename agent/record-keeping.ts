/** Who signs the record of a journal: part of the composition roots. */
import type { DatabaseSync } from 'node:sqlite';
import { systemClock } from './clock.js';
import { emptyLog } from './journal/record.js';
import { ensureRecordKey } from './journal/record-key.js';
import { Checkpoints } from './loop/checkpoints.js';
import type { Journal } from './ports/host.js';
import { newSigningKey, noteSigner } from './record/notes.js';

/** `database` is the journal's. Close it before the journal. */
export function keepRecord(journal: Journal, database: DatabaseSync): Checkpoints {
  const signer = noteSigner(ensureRecordKey(database, newSigningKey));
  // Whoever wrote the log before may have been killed with an erased payload in it.
  emptyLog(database);
  return new Checkpoints({ journal, clock: systemClock, signer });
}
