/** `colophon import`: takes an export of another journal into this one. */
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
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

const USAGE =
  'colophon import FILE.jsonl --dir DATA_DIR [--into NAME] [--key KEY_OR_FILE] [--unverified]';

/** Runs the command; gives its exit code. */
export async function importCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
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
  if (dir === undefined || file === undefined || positionals.length > 1 || into === null) {
    console.error(USAGE);
    return 2;
  }
  if (!existsSync(file)) {
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
