/**
 * `colophon verify`: checks the record of a journal, of an export, or of what a journal answers about
 * its newest checkpoint. Composition root. It needs no network, changes nothing that it checks, and may
 * run beside the host. Exit codes: 0 all is as it was recorded, 1 something is not, 2 the command is
 * wrong or what it names cannot be read.
 */
import './mend-json.js';
import { closeSync, existsSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RecordHead } from '../schema/index.js';
import { reasonOf } from './core/explain.js';
import { Unreadable, verifyExport, verifyHead, verifyJournal, type Found } from './verifying.js';

const USAGE = `colophon verify [--dir DATA_DIR] [FILE] [--key KEY_OR_FILE] [--checkpoint FILE] [--keep FILE]
  FILE          an export, a back-up, or an answer of GET api/record; without it the journal in DATA_DIR
  --key         the journal's key that you know, or a file with it
  --checkpoint  a checkpoint that you kept: the journal has to go on from it
  --keep        where the newest checkpoint is kept if all is as it was recorded`;

/** An answer of `GET api/record` is shorter. */
const LONGEST_HEAD = 100_000;

async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help === true) {
    print([USAGE]);
    return 0;
  }
  const [file, ...more] = positionals;
  if (more.length > 0 || (file === undefined && values.dir === undefined)) {
    throw new Unreadable(USAGE);
  }
  const { key, checkpoint, keep } = values;
  const asked = {
    ...(key !== undefined && { key: existsSync(key) ? beginningOf(key).trim() : key }),
    ...(checkpoint !== undefined && { kept: noteIn(checkpoint) })
  };
  const found = await check(
    file ?? join(values.dir ?? '', 'journal.db'),
    file === undefined,
    asked
  );
  print(found.lines);
  if (found.isGood && keep !== undefined) {
    print([keepNote(keep, found.note)]);
  }
  return found.isGood ? 0 : 1;
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        key: { type: 'string' },
        checkpoint: { type: 'string' },
        keep: { type: 'string' },
        help: { type: 'boolean' }
      }
    });
  } catch (error) {
    throw new Unreadable(`${reasonOf(error)}\n${USAGE}`);
  }
}

/** What the file is shows in its first bytes. */
async function check(
  path: string,
  isJournal: boolean,
  asked: { readonly key?: string; readonly kept?: string }
): Promise<Found> {
  if (isJournal && !existsSync(path)) {
    throw new Unreadable(`There is no journal at ${path}.`);
  }
  const beginning = beginningOf(path);
  if (isJournal || beginning.startsWith('SQLite format 3\0')) {
    return verifyJournal(path, asked);
  }
  const head = headIn(beginning);
  return head === undefined ? await verifyExport(path, asked) : verifyHead(head, asked);
}

/** The note in a file that was kept: the note itself, or the answer of `GET api/record` that holds it. */
function noteIn(file: string): string {
  const text = beginningOf(file);
  const note = headIn(text)?.note ?? `${text.trimEnd()}\n`;
  if (!/^\S+\n\d+\n\S+\n\n— /.test(note)) {
    throw new Unreadable(`${file} holds no checkpoint.`);
  }
  return note;
}

function headIn(text: string): RecordHead | undefined {
  try {
    return RecordHead.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The text of a file, of a long one the beginning. */
function beginningOf(file: string): string {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const bytes = Buffer.alloc(LONGEST_HEAD);
    return bytes.toString('utf8', 0, readSync(handle, bytes));
  } catch (error) {
    throw new Unreadable(`${file} cannot be read: ${reasonOf(error)}.`);
  } finally {
    if (handle !== undefined) {
      closeSync(handle);
    }
  }
}

/** Keeps the note whole or not at all; says so. */
function keepNote(file: string, note: string | null): string {
  if (note === null) {
    return `Nothing is signed yet: nothing was kept in ${file}.`;
  }
  writeFileSync(`${file}.new`, note);
  renameSync(`${file}.new`, file);
  return `The newest checkpoint was kept in ${file}.`;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

// Who reads the answer may have read enough; the exit code says the rest.
process.stdout.on('error', () => undefined);
verify(process.argv.slice(2)).then(
  code => (process.exitCode = code),
  (error: unknown) => {
    console.error(reasonOf(error));
    process.exitCode = 2;
  }
);
