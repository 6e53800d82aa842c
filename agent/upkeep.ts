/**
 * Upkeep of a journal from the command line: `backup` beside a host that runs, `compact` while none
 * does. Composition root.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from './clock.js';
import { JournalUnusable, openJournalDatabase } from './journal/database.js';
import { backUp, BackupRefused } from './upkeep/backup.js';
import { compact, survey } from './upkeep/compaction.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const USAGE = `colophon backup [--dir DIR] --output FILE
colophon compact [--dir DIR] [--keep-documents DAYS] [--keep-keys DAYS] [--dry-run]`;

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

function days(text: string, option: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  return Number.isNaN(value)
    ? fail(EXIT_USAGE, `--${option} takes a whole number of days, not "${text}".`)
    : value;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

async function runBackup(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { dir: { type: 'string' }, output: { type: 'string' } }
  });
  if (values.dir === undefined || values.output === undefined) {
    fail(EXIT_USAGE, USAGE);
  }
  const done = await backUp(join(values.dir, 'journal.db'), values.output);
  process.stdout.write(
    `${done.path}: ${done.events} events of ${done.streams} streams, ${megabytes(done.bytes)}, checked\n`
  );
}

function runCompact(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string' },
      'keep-documents': { type: 'string', default: '90' },
      'keep-keys': { type: 'string', default: '30' },
      'dry-run': { type: 'boolean', default: false }
    }
  });
  if (values.dir === undefined) {
    fail(EXIT_USAGE, USAGE);
  }
  const rules = {
    documentDays: days(values['keep-documents'], 'keep-documents'),
    keyDays: days(values['keep-keys'], 'keep-keys')
  };
  const now = systemClock.now();
  const opened = openJournalDatabase({ dataDir: values.dir, now: new Date(now) });
  try {
    const before = statSync(opened.path).size;
    const dry = values['dry-run'];
    const done = (dry ? survey : compact)(opened.database, rules, now);
    const after = statSync(opened.path).size;
    const verb = dry ? 'would drop' : 'dropped';
    process.stdout.write(
      `${verb} ${done.updates} document updates (${megabytes(done.updateBytes)}) and ${done.keys} keys\n` +
        (dry ? '' : `${opened.path}: ${megabytes(before)} → ${megabytes(after)}\n`)
    );
  } finally {
    opened.close();
  }
}

async function run([task, ...args]: string[]): Promise<void> {
  switch (task) {
    case 'backup':
      return runBackup(args);
    case 'compact':
      return runCompact(args);
    default:
      fail(EXIT_USAGE, USAGE);
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof JournalUnusable) {
    fail(EXIT_FAILED, `${error.message} ${error.remedy}`);
  }
  if (error instanceof BackupRefused) {
    fail(EXIT_FAILED, error.message);
  }
  if (error instanceof TypeError && 'code' in error) {
    fail(EXIT_USAGE, `${error.message}\n${USAGE}`);
  }
  throw error;
});
