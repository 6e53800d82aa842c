/** Questions and exports of the journal in a folder, for the doors of a host or service. */
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { Exports } from './export/exports.js';
import { randomIds } from './ids.js';
import type { RecordReader } from './ports/record.js';
import { Queries } from './query/queries.js';
import { RecordHeads } from './record-heads.js';

/** `close` ends what runs. */
export function openRecordReader(dataDir: string): RecordReader & { close(): void } {
  const program = (name: string) => join(import.meta.dirname, name);
  const queries = new Queries({
    program: program('query-process.js'),
    path: join(dataDir, 'journal.db'),
    ...{ clock: systemClock, ids: randomIds }
  });
  const exports = new Exports(program('cli.js'), dataDir);
  const heads = new RecordHeads(join(dataDir, 'journal.db'));
  return {
    head: from => heads.head(from),
    query: (request, signal) => queries.query(request, signal),
    export: (stream, format) => exports.export(stream, format),
    close() {
      queries.close();
      exports.close();
    }
  };
}
