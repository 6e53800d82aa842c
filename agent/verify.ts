/**
 * `colophon verify`: checks the record of a journal, or of an export, offline. Composition root. It
 * changes nothing and may run beside the host. Exit codes: 0 all is as it was recorded, 1 something is
 * not, 2 the command is wrong or what it names cannot be read.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { ExportLine } from '../schema/index.js';
import { RecordCheck } from './core/record/check.js';
import type { Fault } from './core/record/fault.js';
import { nodeHashing } from './journal/hashing.js';
import { MIGRATIONS } from './journal/migrations.js';
import { recordKey } from './journal/record-key.js';
import { keptSize, recordLines, UnreadableEvent } from './journal/record-lines.js';
import { newSigningKey, noteReader, noteSigner } from './record/notes.js';

const USAGE = 'colophon verify [--key KEY] (--dir DATA_DIR | FILE.jsonl)';

/** What is asked for cannot be checked at all. */
class Unreadable extends Error {}

interface Verdict {
  readonly fault: Fault | null;
  readonly check: RecordCheck;
  readonly key: string;
}

async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { dir: { type: 'string' }, key: { type: 'string' } }
  });
  const [file] = positionals;
  if ((values.dir === undefined && file === undefined) || positionals.length > 1) {
    throw new Unreadable(USAGE);
  }
  const verdict =
    file === undefined
      ? verifyJournal(values.dir ?? '', values.key)
      : await verifyExport(file, values.key);
  tell(verdict, values.key !== undefined);
  return verdict.fault === null ? 0 : 1;
}

function verifyJournal(dir: string, given: string | undefined): Verdict {
  const path = join(dir, 'journal.db');
  if (!existsSync(path)) {
    throw new Unreadable(`There is no journal in ${dir}.`);
  }
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec('BEGIN');
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version < MIGRATIONS.length) {
      throw new Unreadable(
        'The journal was written by an older version of Colophon and has no record yet. Start Colophon on it once.'
      );
    }
    // A journal without a key has no checkpoints: any key checks it.
    const key = given ?? noteSigner(recordKey(database) ?? newSigningKey()).key;
    const check = new RecordCheck({ ...inputs(key), whole: true });
    return { fault: faultIn(database, key, check), check, key };
  } finally {
    database.close();
  }
}

function faultIn(database: DatabaseSync, key: string, check: RecordCheck): Fault | null {
  try {
    for (const line of recordLines(database, key, null)) {
      const fault = check.take(line);
      if (fault !== null) {
        return fault;
      }
    }
    return check.finish(keptSize(database));
  } catch (error) {
    if (error instanceof UnreadableEvent) {
      return { ...error.place, why: 'it was altered: it is no event any more' };
    }
    throw error;
  }
}

async function verifyExport(file: string, given: string | undefined): Promise<Verdict> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let check: RecordCheck | undefined;
  let key = '';
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const line = readLine(text);
    if (check === undefined) {
      if (line === undefined || !('colophon' in line)) {
        throw new Unreadable(`${file} is no export of Colophon that can be verified.`);
      }
      key = given ?? line.key;
      check = new RecordCheck({ ...inputs(key), whole: line.streams === null });
    } else {
      const fault = line === undefined ? unreadableLine(number) : check.take(line);
      if (fault !== null) {
        return { fault, check, key };
      }
    }
  }
  if (check === undefined) {
    throw new Unreadable(`${file} is empty.`);
  }
  return { fault: check.finish(), check, key };
}

function inputs(key: string) {
  try {
    return { hashing: nodeHashing, readNote: noteReader(key) };
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error));
  }
}

/** undefined for what is no line of an export. */
function readLine(text: string): ExportLine | undefined {
  try {
    return ExportLine.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function unreadableLine(number: number): Fault {
  const why = `line ${number} was altered: it is no line of an export any more`;
  return { stream: null, offset: null, seq: null, type: null, why };
}

function tell({ fault, check, key }: Verdict, isGiven: boolean): void {
  const { events, streams, checkpoints, erased, removed, uncovered } = check.tally();
  if (fault !== null) {
    const place = [
      fault.stream !== null && `stream ${fault.stream}`,
      fault.offset !== null && `offset ${fault.offset}`,
      fault.seq !== null && `event ${fault.seq} of the journal`,
      fault.type
    ].filter(part => typeof part === 'string');
    print(`NOT AS RECORDED: ${[place.join(', '), fault.why].filter(Boolean).join(': ')}.`);
    print(`The ${events} events before it are as they were recorded.`);
    return;
  }
  print(`As recorded: ${events} events in ${streams} streams.`);
  print(
    checkpoints === 0
      ? 'No checkpoint: nothing is signed yet.'
      : `${checkpoints} signed checkpoints; ${uncovered} events came after the newest, its own included.`
  );
  if (erased > 0) {
    print(`${erased} payloads were erased, each told by an event record.redacted.`);
  }
  if (removed > 0) {
    print(
      `${removed} events were taken out, as events stream.deleted and stream.trimmed tell; their leaves are there.`
    );
  }
  print(`Key: ${key}`);
  if (!isGiven) {
    print('The key is the one that came with it: compare it, or pass the one you know as --key.');
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

verify(process.argv.slice(2)).then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
);
