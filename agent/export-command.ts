/** `colophon export`: a journal as JSON Lines, CSV, PROV-JSON or a Process Run Crate. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
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
import { argumentsOf, WrongUsage } from './usage.js';

/** How it is called. */
export const EXPORT_USAGE = `colophon export (--stream PATH | --notebook FILE_ID | --all) [--dir DIR] [--format FORM] [--output FILE]
  --stream    one stream
  --notebook  the stream of a notebook, with its conversations
  --all       everything
  --dir       the folder of the journal; the folder colophon in Jupyter's data folder if absent
  --format    jsonl (if absent; it can be verified and imported), csv, prov or crate
  --output    where to; printed if absent. A crate becomes a folder, or an archive if the name ends in .zip
`;

/** Runs the command; gives its exit code. */
export function exportCommand(args: string[]): number {
  const { values } = argumentsOf({
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
  if (format === undefined) {
    throw new WrongUsage(`--format takes jsonl, csv, prov or crate, not "${values.format}".`);
  }
  if (dir === undefined) {
    throw new WrongUsage('Name the folder of the journal with --dir.');
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

/** Which streams; throws WrongUsage if not exactly one way of naming them is used. */
function selectionOf(values: {
  stream?: string | undefined;
  notebook?: string | undefined;
  all: boolean;
}): Selection {
  const { stream, notebook, all } = values;
  const named = [stream !== undefined, notebook !== undefined, all].filter(Boolean).length;
  if (named !== 1) {
    throw new WrongUsage('Say what to export: one of --stream PATH, --notebook FILE_ID or --all.');
  }
  if (all) {
    return { kind: 'all' };
  }
  const path = StreamPath.safeParse(stream ?? notebookStream((notebook ?? '') as FileId));
  if (!path.success) {
    throw new WrongUsage(
      stream === undefined
        ? `"${notebook ?? ''}" is no file id.`
        : `"${stream}" is no path of a stream, as /sensors/kitchen is.`
    );
  }
  return { kind: stream === undefined ? 'below' : 'stream', stream: path.data };
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
