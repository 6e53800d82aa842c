/**
 * Takes an export into a journal. What is imported never passes for something that happened here: it
 * is an `event.imported`, in a stream below `/imported`, at its own offset, with the original whole
 * inside. Importing again adds what is new, and nothing twice; nothing that is there is changed.
 */
import type { Actor, Draft, ExportLine, JsonObject, StreamPath } from '../../schema/index.js';
import type { CheckedNote, RecordCheck } from '../core/record/check.js';
import type { Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import { linesOf, NotImportable } from './lines.js';
import { compare, followOn, intoOf, targetOf } from './place.js';

export interface ImportOptions {
  readonly file: string;
  readonly journal: Pick<Journal, 'append' | 'head' | 'read'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Who imports. */
  readonly actor: Actor;
  /** Below which the streams are put, with /imported in front; made of the journal's name if absent. */
  readonly into?: StreamPath;
  /** Whether a file is taken whose record does not verify. */
  readonly unverified: boolean;
  /** The verifier key that the importer trusts. */
  readonly trusted?: string;
  /** A check of the record for lines with this key. */
  readonly check: (key: string, whole: boolean) => Pick<RecordCheck, 'take' | 'finish'>;
  /** Reads notes signed with this key. */
  readonly noteReader: (key: string) => (note: string) => CheckedNote;
}

export interface Imported {
  readonly origin: string;
  readonly into: StreamPath;
  readonly streams: number;
  /** Events that were added, and those that were there already. */
  readonly added: number;
  readonly known: number;
  /** Of those that were added, how many the trusted key has signed. */
  readonly signed: number;
}

/** Where the imports themselves are told of. */
const IMPORTS = '/imports' as StreamPath;
/** So many events are on their way to the disk at most. */
const AT_ONCE = 500;

/** What was learnt of a file before anything of it was taken. */
interface Checked {
  readonly origin: string;
  readonly into: StreamPath;
  readonly streams: number;
  /** Events with a `seq` up to this were signed by the trusted key. */
  readonly signedSize: number;
}

/** Imports a file; throws NotImportable before anything is written if it may not be. */
export async function importExport(options: ImportOptions): Promise<Imported> {
  const { file, journal, clock, actor } = options;
  const checked = await examine(options);
  const { origin, into, signedSize, streams } = checked;
  const at = new Date(clock.now()).toISOString();
  let [added, known, signed] = [0, 0, 0];
  let durable: Promise<void>[] = [];
  for await (const { line } of linesOf(file)) {
    if (!('event' in line)) {
      continue;
    }
    const { event, record } = line;
    const stream = targetOf(into, event.stream);
    // What waits to be durable is not counted by `head`, but no offset comes twice in one file.
    if (event.offset <= journal.head(stream)) {
      known += 1;
      continue;
    }
    const isSigned = record.seq <= signedSize;
    const draft: Draft = {
      ...{ at, actor, assurance: 'verified', type: 'event.imported', v: 1 },
      data: {
        origin,
        assurance: isSigned ? 'relayed' : 'unverified',
        event: event as unknown as JsonObject
      }
    };
    durable.push(journal.append({ stream, events: [draft] }).durable);
    [added, signed] = [added + 1, signed + Number(isSigned)];
    if (durable.length >= AT_ONCE) {
      await Promise.all(durable);
      durable = [];
    }
  }
  const imported: Imported = { origin, into, streams, added, known, signed };
  if (added > 0) {
    durable.push(
      journal.append({ stream: IMPORTS, events: [tellOf(imported, actor, at)] }).durable
    );
  }
  await Promise.all(durable);
  return imported;
}

function tellOf({ ...payload }: Imported, actor: Actor, at: string): Draft {
  return {
    ...{ at, actor, assurance: 'verified', type: 'event.posted', v: 1 },
    data: { type: 'export-imported', payload }
  };
}

/** Reads the whole file once: whether its record verifies, and fits what is there already. */
async function examine(options: ImportOptions): Promise<Checked> {
  const { file, journal, trusted, unverified } = options;
  let header: Extract<ExportLine, { colophon: string }> | undefined;
  let check: ReturnType<ImportOptions['check']> | undefined;
  let origin = '';
  let into = '' as StreamPath;
  let signedSize = 0;
  const ends = new Map<StreamPath, number>();
  for await (const { number, line } of linesOf(file)) {
    if (header === undefined) {
      if (!('colophon' in line)) {
        throw new NotImportable('The file does not begin with the header of an export.');
      }
      header = line;
      origin = header.key.split('+')[0] ?? '';
      into = options.into ?? intoOf(origin);
      check = unverified ? undefined : options.check(header.key, header.streams === null);
      continue;
    }
    const fault = check?.take(line) ?? null;
    if (fault !== null) {
      throw new NotImportable(refusalOf(`line ${number}: ${fault.why}`));
    }
    if ('event' in line) {
      followOn(ends, line.event);
      compare(journal, targetOf(into, line.event.stream), line.event);
    } else if ('checkpoint' in line && trusted !== undefined && trusted === header.key) {
      const note = options.noteReader(trusted)(line.checkpoint);
      signedSize = 'size' in note ? Math.max(signedSize, note.size) : signedSize;
    }
  }
  if (header === undefined) {
    throw new NotImportable('The file is empty.');
  }
  const fault = check?.finish(header.last) ?? null;
  if (fault !== null) {
    throw new NotImportable(refusalOf(fault.why));
  }
  if (trusted !== undefined && trusted !== header.key) {
    throw new NotImportable(
      'The export is of another journal than the key: compare the key with whoever gave you the file.'
    );
  }
  // Without the check nothing is known to be what was signed.
  return { origin, into, streams: ends.size, signedSize: unverified ? 0 : signedSize };
}

const refusalOf = (why: string) =>
  `The export does not verify: ${why}. Ask for it again, or import it with --unverified.`;
