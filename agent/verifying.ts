/** What `colophon verify` checks: a journal, an export, or the newest checkpoint of a journal. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { ExportLine, type RecordHead } from '../schema/index.js';
import { reasonOf } from './core/explain.js';
import { RecordCheck, type CheckedNote } from './core/record/check.js';
import { checkHead } from './core/record/check-head.js';
import { missing, type Fault } from './core/record/fault.js';
import { told, toldOfHead, toldOfKey } from './core/record/told.js';
import type { TreeHead } from './core/record/tree.js';
import { nodeHashing } from './journal/hashing.js';
import { MIGRATIONS } from './journal/migrations.js';
import { recordKey } from './journal/record-key.js';
import { keptSize } from './journal/record-ends.js';
import { recordLines, UnreadableEvent } from './journal/record-lines.js';
import { newSigningKey, noteReader, noteSigner } from './record/notes.js';

/** What is asked for cannot be checked at all. */
export class Unreadable extends Error {}

/** What whoever asks knows already. */
export interface Asked {
  /** The verifier key of the journal; without it the one counts that comes with what is checked. */
  readonly key?: string;
  /** A signed note that was kept elsewhere. */
  readonly kept?: string;
}

/** What was found, for a person; `note` is the newest checkpoint that was found good. */
export interface Found {
  readonly lines: readonly string[];
  readonly isGood: boolean;
  readonly note: string | null;
}

/** A journal's database, also while a host writes to it. */
export function verifyJournal(path: string, asked: Asked): Found {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.exec('BEGIN');
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version !== MIGRATIONS.length) {
      throw new Unreadable(
        version < MIGRATIONS.length
          ? 'The journal was written by an older version of Colophon. Start Colophon on it once, then verify it.'
          : 'The journal was written by a newer version of Colophon: verify it with that one.'
      );
    }
    // A journal without a key has no checkpoints: any key checks it.
    const key = asked.key ?? noteSigner(recordKey(database) ?? newSigningKey()).key;
    return checkJournal(database, { ...asked, key }, asked.key !== undefined);
  } catch (error) {
    if (error instanceof Unreadable || !(error instanceof Error)) {
      throw error;
    }
    throw new Unreadable(`${path} cannot be read as a journal: ${error.message}.`);
  } finally {
    database?.close();
  }
}

function checkJournal(
  database: DatabaseSync,
  asked: Asked & { readonly key: string },
  isGiven: boolean
): Found {
  const { key } = asked;
  const started = start(asked, key, true);
  if ('lines' in started) {
    return started;
  }
  const { check, kept } = started;
  const find = (): Fault | null => {
    for (const line of recordLines(database, key, null)) {
      const fault = check.take(line);
      if (fault !== null) {
        return fault;
      }
    }
    return check.finish(keptSize(database));
  };
  try {
    return foundBy(check, find(), { key, isGiven, kept });
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) {
      throw error;
    }
    const fault = { ...error.place, why: 'it was altered: it is no event any more' };
    return foundBy(check, fault, { key, isGiven, kept });
  }
}

/** A file of JSON Lines. */
export async function verifyExport(file: string, asked: Asked): Promise<Found> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let begun: { check: RecordCheck; kept: number | null; key: string; last: number } | undefined;
  let number = 0;
  const told = (fault: Fault | null) => {
    const { check, key, kept } = begun ?? refuse(`${file} is empty.`);
    return foundBy(check, fault, { key, isGiven: asked.key !== undefined, kept });
  };
  for await (const text of lines) {
    number += 1;
    const line = readLine(text);
    if (begun === undefined) {
      if (line === undefined || !('colophon' in line)) {
        return refuse(`${file} is no export of Colophon that can be verified.`);
      }
      if (asked.kept !== undefined && line.streams !== null) {
        return refuse(
          'A kept checkpoint can be compared with a journal, an export of everything, or an answer of GET api/record, not with an export of some streams.'
        );
      }
      const key = asked.key ?? line.key;
      const started = start(asked, key, line.streams === null);
      if ('lines' in started) {
        return started;
      }
      begun = { ...started, key, last: line.last };
    } else {
      const fault = line === undefined ? unreadableLine(number) : begun.check.take(line);
      if (fault !== null) {
        return told(fault);
      }
    }
  }
  return told(begun?.check.finish(begun.last) ?? null);
}

/** What `GET api/record` answered. */
export function verifyHead(head: RecordHead, asked: Asked): Found {
  const key = asked.key ?? head.key;
  const found = checkHead(head, { hashing: nodeHashing, readNote: readerOf(key) }, asked.kept);
  if ('other' in found) {
    return refuse(found.other);
  }
  return 'why' in found
    ? { lines: [`NOT AS RECORDED: ${found.why}.`], isGood: false, note: null }
    : {
        lines: [...toldOfHead(found), ...toldOfKey(key, asked.key !== undefined)],
        isGood: true,
        note: head.note
      };
}

/** The check, with the size of the kept checkpoint; or why that one cannot be this journal's. */
function start(
  { kept }: Asked,
  key: string,
  whole: boolean
): { check: RecordCheck; kept: number | null } | Found {
  const readNote = readerOf(key);
  const read = kept === undefined ? undefined : readNote(kept);
  if (read !== undefined && 'problem' in read) {
    const why = `the checkpoint you kept cannot be compared: ${read.problem}`;
    return { lines: [`NOT AS RECORDED: ${why}.`], isGood: false, note: null };
  }
  const head: { kept?: TreeHead } = read === undefined ? {} : { kept: read };
  const check = new RecordCheck({ hashing: nodeHashing, readNote, whole, ...head });
  return { check, kept: read?.size ?? null };
}

function foundBy(
  check: RecordCheck,
  fault: Fault | null,
  how: { readonly key: string; readonly isGiven: boolean; readonly kept: number | null }
): Found {
  const lines = told({ fault, tally: check.tally(), ...how });
  return { lines, isGood: fault === null, note: check.newest };
}

function readerOf(key: string): (note: string) => CheckedNote {
  try {
    return noteReader(key);
  } catch (error) {
    return refuse(reasonOf(error));
  }
}

function refuse(why: string): never {
  throw new Unreadable(why);
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
  return { ...missing({}), why: `line ${number} was altered: it is no line of an export any more` };
}
