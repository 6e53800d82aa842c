/**
 * Makes the journal smaller, by rules that say what is not needed any more, and never by more: facts
 * stay, whatever their age. What it drops: documents of Yjs histories that a later one has replaced,
 * answers to commands that nobody sends again, and the free space in the file.
 */
import type { DatabaseSync } from 'node:sqlite';

export interface CompactionRules {
  /** Documents of replaced histories are kept for so many days after their last change. */
  readonly documentDays: number;
  /** A command or idempotency key is known for at least so many days. */
  readonly keyDays: number;
}

export interface Compaction {
  /** Document updates that were dropped, or would be. */
  readonly updates: number;
  /** Their bytes. */
  readonly updateBytes: number;
  readonly keys: number;
}

const DAY_MS = 86_400_000;

/** Of an earlier history of its stream, whose last change is older than the cutoff. */
const REPLACED = `
  FROM updates WHERE (stream, epoch) IN (
    SELECT stream, epoch FROM updates AS u GROUP BY stream, epoch
    HAVING max(at) < :cutoff
       AND epoch < (SELECT max(epoch) FROM updates WHERE stream = u.stream)
  )`;
const OLD_KEYS = `
  FROM commands WHERE EXISTS (
    SELECT 1 FROM events WHERE seq = commands.first AND at < :cutoff
  )`;

/** What the rules would drop at the time `now`, in ms since the epoch. */
export function survey(database: DatabaseSync, rules: CompactionRules, now: number): Compaction {
  const documents = database
    .prepare(`SELECT count(*) AS n, coalesce(sum(length(bytes)), 0) AS bytes ${REPLACED}`)
    .get({ cutoff: daysBefore(now, rules.documentDays) });
  const keys = database
    .prepare(`SELECT count(*) AS n ${OLD_KEYS}`)
    .get({ cutoff: daysBefore(now, rules.keyDays) });
  return {
    updates: Number(documents?.['n']),
    updateBytes: Number(documents?.['bytes']),
    keys: Number(keys?.['n'])
  };
}

/** Drops what `survey` tells of in one transaction, then gives the free space back to the disk. */
export function compact(database: DatabaseSync, rules: CompactionRules, now: number): Compaction {
  const surveyed = survey(database, rules, now);
  database.exec('BEGIN IMMEDIATE');
  try {
    database.prepare(`DELETE ${REPLACED}`).run({ cutoff: daysBefore(now, rules.documentDays) });
    database.prepare(`DELETE ${OLD_KEYS}`).run({ cutoff: daysBefore(now, rules.keyDays) });
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
  database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  return surveyed;
}

function daysBefore(now: number, days: number): string {
  return new Date(now - days * DAY_MS).toISOString();
}
