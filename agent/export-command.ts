/** `colophon export`: a journal as JSON Lines, CSV, PROV-JSON or a Process Run Crate. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { notebookStream, StreamPath, type FileId } from '../schema/index.js';
import { systemClock } from './clock.js';
import { crateOf } from './core/export/crate.js';
import { csvOf } from './core/export/csv.js';
import { provOf, type EventSource } from './core/export/prov.js';
import { writeFile, writeFolder, writePieces } from './export/sink.js';
import { Snapshot, type Selection } from './export/snapshot.js';
import { zipOf } from './export/zip.js';
import { MIGRATIONS } from './journal/migrations.js';
import { recordKey } from './journal/record-key.js';
import { recordLines } from './journal/record-lines.js';
import { eventOf } from './journal/rows.js';
import { EXPORT_FORMATS, type ExportFormat } from './ports/record.js';
import { newSigningKey, noteSigner } from './record/notes.js';

const USAGE =
  'colophon export [--dir DATA_DIR] [--stream PATH | --notebook FILE_ID | --all] --format jsonl|csv|prov|crate [--output FILE|FOLDER]';

/** Runs the command; gives its exit code. */
export function exportCommand(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string' },
      stream: { type: 'string' },
      notebook: { type: 'string' },
      all: { type: 'boolean', default: false },
      format: { type: 'string', default: 'jsonl' },
      output: { type: 'string' }
    }
  });
  const { dir, output } = values;
  const selection = selectionOf(values);
  const format = EXPORT_FORMATS.find(each => each === values.format);
  if (dir === undefined || selection === undefined || format === undefined) {
    console.error(USAGE);
    return 2;
  }
  if (format === 'crate' && output === undefined && process.stdout.isTTY) {
    console.error('A crate is a folder, or an archive: name it with --output.');
    return 2;
  }
  const path = join(dir, 'journal.db');
  if (!existsSync(path)) {
    console.error(`There is no journal in ${dir}. Name its folder with --dir.`);
    return 2;
  }
  const snapshot = new Snapshot(path, {
    version: MIGRATIONS.length,
    eventOf,
    lines: (database, streams) => recordLines(database, keyOf(database), streams)
  });
  try {
    if (selection.kind !== 'all' && snapshot.streams(selection).length === 0) {
      console.error(`Nothing has happened in ${selection.stream}.`);
      return 2;
    }
    write(snapshot, selection, format, output);
    return 0;
  } finally {
    snapshot.close();
  }
}

/** Which streams; undefined if not exactly one way of naming them is used. */
function selectionOf(values: {
  stream?: string | undefined;
  notebook?: string | undefined;
  all: boolean;
}): Selection | undefined {
  const { stream, notebook, all } = values;
  const named = [stream !== undefined, notebook !== undefined, all].filter(Boolean).length;
  const path = StreamPath.safeParse(stream ?? notebookStream((notebook ?? '') as FileId));
  if (named !== 1 || (!all && !path.success)) {
    return undefined;
  }
  return all || !path.success
    ? { kind: 'all' }
    : { kind: stream === undefined ? 'below' : 'stream', stream: path.data };
}

function write(
  snapshot: Snapshot,
  selection: Selection,
  format: ExportFormat,
  output: string | undefined
): void {
  const lines = () => snapshot.lines(selection);
  const events: EventSource = types => snapshot.events(selection, types);
  const put = (pieces: Iterable<string | Uint8Array>) =>
    output === undefined ? writePieces(1, pieces) : writeFile(output, pieces);
  switch (format) {
    case 'jsonl':
      return put(lines());
    case 'csv':
      return put(csvOf(events()));
    case 'prov':
      return put(provOf(events));
    case 'crate': {
      const subject = selection.kind === 'all' ? 'the whole journal' : selection.stream;
      const at = new Date(systemClock.now()).toISOString();
      const files = crateOf(events, { subject, at, lines });
      return output === undefined || output.endsWith('.zip')
        ? put(zipOf(files))
        : writeFolder(output, files);
    }
  }
}

/** The verifier key of the journal. One without a key has signed nothing: any key does. */
function keyOf(database: DatabaseSync): string {
  return noteSigner(recordKey(database) ?? newSigningKey()).key;
}
