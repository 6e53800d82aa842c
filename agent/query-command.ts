/** `colophon query`: asks a journal in SQL and prints the answer as a table, JSON, JSON Lines or CSV. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { csvLine } from './core/export/csv.js';
import { tableOf } from './core/export/table.js';
import { writePieces } from './export/sink.js';
import { randomIds } from './ids.js';
import type { QueryListener, QueryValue } from './ports/record.js';
import { Queries } from './query/queries.js';
import { argumentsOf, WrongUsage } from './usage.js';

/** How it is called. */
export const QUERY_USAGE = `colophon query "SELECT …" [--dir DIR] [--format FORM] [--max-rows N] [--timeout SECONDS]
  One SELECT of SQLite over the views events, cells, executions, outputs, actors and streams.
  --dir       the folder of the journal; the folder colophon in Jupyter's data folder if absent
  --format    table (if absent), json, jsonl or csv
  --max-rows  at most so many rows (1000)
  --timeout   the query is stopped after so many seconds (30)
`;

/** Runs the command; gives its exit code. */
export async function queryCommand(args: string[]): Promise<number> {
  const { values, positionals } = argumentsOf({
    args,
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      format: { type: 'string', default: 'table' },
      'max-rows': { type: 'string', default: '1000' },
      timeout: { type: 'string', default: '30' }
    }
  });
  const printer = Object.hasOwn(PRINTERS, values.format) ? PRINTERS[values.format] : undefined;
  const [maxRows, timeout] = [Number(values['max-rows']), Number(values.timeout)];
  const [sql] = positionals;
  if (sql === undefined || positionals.length > 1) {
    throw new WrongUsage('Give one query, in quotes.');
  }
  if (printer === undefined) {
    throw new WrongUsage(`--format takes table, json, jsonl or csv, not "${values.format}".`);
  }
  if (!(Number.isSafeInteger(maxRows) && maxRows > 0)) {
    throw new WrongUsage(`--max-rows takes a number from 1, not "${values['max-rows']}".`);
  }
  if (!(timeout > 0 && timeout <= 86_400)) {
    throw new WrongUsage(`--timeout takes seconds, at most 86400, not "${values.timeout}".`);
  }
  if (values.dir === undefined) {
    throw new WrongUsage('Name the folder of the journal with --dir.');
  }
  const path = join(values.dir, 'journal.db');
  if (!existsSync(path)) {
    console.error(`There is no journal in ${values.dir}. Name its folder with --dir.`);
    return 2;
  }
  const queries = new Queries({
    program: join(import.meta.dirname, 'query-process.js'),
    ...{ path, clock: systemClock, ids: randomIds }
  });
  const printing = printer(pieces => writePieces(1, pieces));
  const end = await queries.stream({ sql, maxRows, timeoutMs: timeout * 1000 }, printing.listener);
  if ('failure' in end) {
    const { code, detail, at } = end.failure;
    console.error(at ? `${detail} (line ${at.line}, column ${at.column})` : detail);
    return code === 'query-unavailable' ? 2 : 1;
  }
  printing.finish();
  if (end.truncated) {
    console.error(`There is more than is shown: ask for more with --max-rows, or for less of it.`);
  }
  return 0;
}

type Write = (pieces: Iterable<string>) => void;
type Row = readonly QueryValue[];

interface Printer {
  readonly listener: QueryListener;
  /** Writes what is left, once the answer is whole. */
  finish(): void;
}

const PRINTERS: Readonly<Record<string, (write: Write) => Printer>> = {
  table: write => {
    let names: readonly string[] = [];
    const all: Row[] = [];
    return {
      listener: { columns: given => (names = given), rows: rows => void all.push(...rows) },
      finish: () => write(tableOf(names, all))
    };
  },
  json: write => {
    let names: readonly string[] = [];
    let before = '[';
    return {
      listener: {
        columns: given => (names = given),
        rows: rows =>
          write(
            rows.map(row => {
              const piece = `${before}\n${JSON.stringify(objectOf(names, row))}`;
              before = ',';
              return piece;
            })
          )
      },
      finish: () => write([before === '[' ? '[]\n' : '\n]\n'])
    };
  },
  jsonl: write => {
    let names: readonly string[] = [];
    return {
      listener: {
        columns: given => (names = given),
        rows: rows => write(rows.map(row => `${JSON.stringify(objectOf(names, row))}\n`))
      },
      finish: () => undefined
    };
  },
  csv: write => ({
    listener: {
      columns: names => write([csvLine(names)]),
      rows: rows => write(rows.map(row => csvLine(row.map(value => value ?? undefined))))
    },
    finish: () => undefined
  })
};

const objectOf = (names: readonly string[], row: Row) =>
  Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
