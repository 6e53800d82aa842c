/** `colophon import`: takes an export of another journal into this one. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { StreamPath } from '../schema/index.js';
import { systemClock } from './clock.js';
import { RecordCheck } from './core/record/check.js';
import { randomIds } from './ids.js';
import { importExport } from './import/import.js';
import { JournalUnusable } from './journal/database.js';
import { nodeHashing } from './journal/hashing.js';
import { openSqliteJournal } from './journal/sqlite.js';
import { keepRecord } from './record-keeping.js';
import { noteReader } from './record/notes.js';
import { argumentsOf, WrongUsage } from './usage.js';

/** How it is called. */
export const IMPORT_USAGE = `colophon import FILE.jsonl [--dir DIR] [--into NAME] [--key KEY] [--unverified]
  FILE.jsonl    what colophon export --format jsonl wrote
  --dir         the folder of the journal, which no program uses now; the folder colophon in Jupyter's
                data folder if absent
  --into        put the streams below /imported/NAME, not below the name of the other journal
  --key         the other journal's key that you know, or a file with it
  --unverified  take the file also if its record does not verify
`;

/** Runs the command; gives its exit code. */
export async function importCommand(args: string[]): Promise<number> {
  const { values, positionals } = argumentsOf({
    args,
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      into: { type: 'string' },
      key: { type: 'string' },
      unverified: { type: 'boolean', default: false }
    }
  });
  const [file] = positionals;
  const { dir, key, unverified } = values;
  const into = values.into === undefined ? undefined : placeOf(values.into);
  if (file === undefined || positionals.length > 1) {
    throw new WrongUsage('Name one file to import.');
  }
  if (into === null) {
    throw new WrongUsage(`--into takes a name like lab-2, not "${values.into ?? ''}".`);
  }
  if (dir === undefined) {
    throw new WrongUsage('Name the folder of the journal with --dir.');
  }
  if (!existsSync(file) || !statSync(file).isFile()) {
    console.error(`There is no file ${file}.`);
    return 2;
  }
  const trusted = key !== undefined && existsSync(key) ? readFileSync(key, 'utf8').trim() : key;
  let opened: ReturnType<typeof openSqliteJournal>;
  try {
    opened = openSqliteJournal({ dataDir: dir, clock: systemClock, ids: randomIds });
  } catch (error) {
    if (error instanceof JournalUnusable) {
      console.error(`${error.message} ${error.remedy}`);
      return 1;
    }
    throw error;
  }
  const { journal, database } = opened;
  const signing = keepRecord(journal, database);
  try {
    const imported = await importExport({
      ...{ file, journal, unverified, noteReader },
      clock: systemClock,
      actor: { kind: 'human', id: userInfo().username },
      ...(into !== undefined && { into }),
      ...(trusted !== undefined && { trusted }),
      check: (of, whole) =>
        new RecordCheck({ hashing: nodeHashing, readNote: noteReader(of), whole })
    });
    const { added, known, origin, signed, streams } = imported;
    process.stdout.write(
      `${added} events of ${origin} were imported to ${imported.into}, ${known} were there already ` +
        `(${streams} streams). ${signed} of the new ones are signed by the given key.\n`
    );
    return 0;
  } finally {
    await signing.close();
    await journal.close();
  }
}

/** The stream below which a name puts an import; null if it is no name. */
function placeOf(name: string): StreamPath | null {
  const parsed = StreamPath.safeParse(`/imported/${name}`);
  return parsed.success && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(name) ? parsed.data : null;
}
