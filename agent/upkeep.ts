/**
 * Upkeep of a journal from the command line: `backup` beside a host that runs, `compact` while none
 * does. Composition root.
 */
import './mend-json.js';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { JournalUnusable, openJournalDatabase } from './journal/database.js';
import { backUp, BackupRefused } from './upkeep/backup.js';
import { compact, survey } from './upkeep/compaction.js';
import { argumentsOf, asksForHelp, WrongUsage } from './usage.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const BACKUP_USAGE = `colophon backup --output FILE [--dir DIR]
  Copies the journal, also while it is in use. Output that is kept outside notebooks is in the folder
  artifacts beside it, which any program can copy.
  --output  the copy; a new file
  --dir     the folder of the journal; the folder colophon in Jupyter's data folder if absent
`;
const COMPACT_USAGE = `colophon compact [--dir DIR] [--keep-documents DAYS] [--keep-keys DAYS] [--dry-run]
  Drops what is not needed any more, while no server uses the folder; every event stays.
  --dir             the folder of the journal; the folder colophon in Jupyter's data folder if absent
  --keep-documents  keep the documents of replaced histories for so many days (90)
  --keep-keys       keep idempotency keys and command ids for so many days (30)
  --dry-run         only say what it would drop
`;

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

function days(text: string, option: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) {
    throw new WrongUsage(`--${option} takes a whole number of days, not "${text}".`);
  }
  return value;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

async function runBackup(args: string[]): Promise<void> {
  const { values } = argumentsOf({
    args,
    options: { dir: { type: 'string' }, output: { type: 'string' } }
  });
  if (values.output === undefined) {
    throw new WrongUsage('Name the copy with --output.');
  }
  if (values.dir === undefined) {
    throw new WrongUsage('Name the folder of the journal with --dir.');
  }
  const done = await backUp(join(values.dir, 'journal.db'), values.output);
  process.stdout.write(
    `${done.path}: ${done.events} events of ${done.streams} streams, ${megabytes(done.bytes)}, checked\n`
  );
  const artifacts = join(values.dir, 'artifacts');
  if (existsSync(artifacts)) {
    process.stdout.write(
      `Output that is kept outside notebooks is not in it. Copy the folder, too: ${artifacts}\n`
    );
  }
}

function runCompact(args: string[]): void {
  const { values } = argumentsOf({
    args,
    options: {
      dir: { type: 'string' },
      'keep-documents': { type: 'string', default: '90' },
      'keep-keys': { type: 'string', default: '30' },
      'dry-run': { type: 'boolean', default: false }
    }
  });
  if (values.dir === undefined) {
    throw new WrongUsage('Name the folder of the journal with --dir.');
  }
  const rules = {
    documentDays: days(values['keep-documents'], 'keep-documents'),
    keyDays: days(values['keep-keys'], 'keep-keys')
  };
  if (!existsSync(join(values.dir, 'journal.db'))) {
    fail(EXIT_FAILED, `There is no journal in ${values.dir}. Name its folder with --dir.`);
  }
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

interface Task {
  readonly usage: string;
  readonly run: (args: string[]) => void | Promise<void>;
}

const TASKS: Readonly<Record<string, Task>> = {
  backup: { usage: BACKUP_USAGE, run: runBackup },
  compact: { usage: COMPACT_USAGE, run: runCompact }
};

async function run([name = '', ...args]: string[]): Promise<void> {
  const task = TASKS[name];
  if (task === undefined) {
    throw new WrongUsage(`Name a task: ${Object.keys(TASKS).join(' or ')}.`);
  }
  if (asksForHelp(args)) {
    process.stdout.write(task.usage);
    return;
  }
  await task.run(args);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof JournalUnusable) {
    fail(EXIT_FAILED, `${error.message} ${error.remedy}`);
  }
  if (error instanceof BackupRefused) {
    fail(EXIT_FAILED, error.message);
  }
  if (error instanceof WrongUsage) {
    fail(EXIT_USAGE, `${error.message} See: colophon ${process.argv[2] ?? ''} --help`);
  }
  throw error;
});
