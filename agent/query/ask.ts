/**
 * Runs one query on the journal, in the process that was started for it alone. It reads a snapshot
 * through a connection that cannot write, and gives rows in batches, so that its own memory stays
 * small. It guarantees that nothing but the views is read, whatever the SQL is.
 */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import type { Json } from '../../schema/index.js';
import { reasonOf } from '../core/explain.js';
import type { QueryFailure, QueryRequest, QueryValue } from '../ports/record.js';
import { guard } from './guard.js';
import { placeOf } from './place.js';
import { innerNames, viewScript } from './views.js';

/** What the process of a query is told. */
export interface Question extends Omit<QueryRequest, 'timeoutMs'> {
  /** Of the journal's database. */
  readonly path: string;
  /** Letters and digits that nobody can guess. */
  readonly secret: string;
  /** Bytes of the answer; after them it ends as truncated. Absent for no limit. */
  readonly maxBytes?: number;
}

/** What the process of a query says, in this order: columns, rows any number of times, an end. */
export type Said =
  | { readonly columns: readonly string[] }
  | { readonly rows: readonly (readonly QueryValue[])[] }
  | { readonly truncated: boolean }
  | { readonly failure: QueryFailure };

/** The longest text or bytes that SQLite may make, and the longest SQL. */
const LONGEST_VALUE = 32 * 1024 * 1024;
const LONGEST_SQL = 100_000;
/** Characters of one value in an answer. */
const LONGEST_CELL = 1_048_576;
const BATCH_ROWS = 500;
const BATCH_BYTES = 262_144;
const SQLITE_TOOBIG = 18;
const SQLITE_RANGE = 25;

/** Asks the question; `say` takes what there is to say, and returns once it has been taken. */
export function ask(question: Question, say: (said: Said) => void): void {
  let database: DatabaseSync;
  try {
    database = openViews(question);
  } catch (error) {
    const detail = `The journal cannot be read: ${messageOf(error)}.`;
    say({ failure: { code: 'query-unavailable', detail } });
    return;
  }
  try {
    answer(database, question, say);
  } catch (error) {
    say({ failure: failureOf(error, question.sql) });
  } finally {
    database.close();
  }
}

function openViews({ path, secret, streams }: Question): DatabaseSync {
  const database = new DatabaseSync(path, {
    readOnly: true,
    timeout: 2000,
    limits: { length: LONGEST_VALUE, sqlLength: LONGEST_SQL, attach: 0, exprDepth: 200 }
  });
  const names = innerNames(secret);
  database.exec('PRAGMA temp_store = MEMORY;');
  if (streams !== undefined) {
    database.exec(`CREATE TEMP TABLE ${names.readable} (id INTEGER PRIMARY KEY)`);
    const allow = database.prepare(
      `INSERT INTO ${names.readable} SELECT id FROM main.streams WHERE path = ?`
    );
    streams.forEach(stream => allow.run(stream));
  }
  const entitlement =
    database
      .prepare("SELECT 1 FROM pragma_table_info('events') WHERE name = 'entitlement'")
      .get() !== undefined;
  database.exec(viewScript(names, { limited: streams !== undefined, entitlement }));
  const tables = database
    .prepare('SELECT name FROM main.sqlite_schema UNION SELECT name FROM pragma_module_list')
    .all()
    .map(({ name }) => String(name).toLowerCase());
  database.setAuthorizer(guard(names, new Set(tables)));
  return database;
}

function answer(database: DatabaseSync, question: Question, say: (said: Said) => void): void {
  const { sql, parameters = [], maxRows, maxBytes = Infinity } = question;
  const statement = database.prepare(sql);
  refuseMore(sql, statement.sourceSQL);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  say({ columns: statement.columns().map(({ name }) => name) });
  const values: readonly Json[] = Array.isArray(parameters) ? parameters.map(toJson) : [];
  const named: [string, Json][] = Array.isArray(parameters) ? [] : Object.entries(parameters);
  const rows = statement.iterate(
    Object.fromEntries(named.map(([name, value]) => [name, inputOf(value)])),
    ...values.map(inputOf)
  ) as Iterable<unknown> as Iterable<SQLOutputValue[]>;
  let batch: QueryValue[][] = [];
  let inBatch = 0;
  let count = 0;
  let bytes = 0;
  let truncated = false;
  for (const row of rows) {
    if (count === maxRows || bytes > maxBytes) {
      truncated = true;
      break;
    }
    const shown = row.map(valueOf);
    truncated ||= row.some(isLong);
    const size = shown.reduce<number>((sum, value) => sum + sizeOf(value), 2);
    batch.push(shown);
    [count, bytes, inBatch] = [count + 1, bytes + size, inBatch + size];
    if (batch.length === BATCH_ROWS || inBatch > BATCH_BYTES) {
      say({ rows: batch });
      [batch, inBatch] = [[], 0];
    }
  }
  if (batch.length > 0) {
    say({ rows: batch });
  }
  say({ truncated });
}

/** The driver runs the first statement and drops the rest without a word. */
function refuseMore(sql: string, first: string): void {
  const rest = sql.slice(first.length).replace(/--[^\n]*|\/\*[\s\S]*?\*\/|[\s;]/g, '');
  if (!sql.startsWith(first) || rest !== '') {
    throw new Refusal('A query is one statement. Ask the others by themselves.');
  }
}

/** What is wrong with the question itself. */
class Refusal extends Error {}

function inputOf(value: Json): SQLInputValue {
  if (typeof value === 'boolean') {
    return value ? 1 : 0;
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

const toJson = (value: unknown) => value as Json;

function valueOf(value: SQLOutputValue): QueryValue {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'string':
      return value.length > LONGEST_CELL ? `${value.slice(0, LONGEST_CELL)}…` : value;
    default:
      return value === null
        ? null
        : Buffer.from(value.subarray(0, LONGEST_CELL)).toString('base64');
  }
}

const isLong = (value: SQLOutputValue): boolean =>
  (typeof value === 'string' || value instanceof Uint8Array) && value.length > LONGEST_CELL;

const sizeOf = (value: QueryValue): number => (typeof value === 'string' ? value.length + 3 : 8);

function failureOf(error: unknown, sql: string): QueryFailure {
  if (error instanceof Refusal) {
    return { code: 'query-refused', detail: error.message };
  }
  const message = messageOf(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const sqlite = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  if (code === 'ERR_INVALID_STATE') {
    const detail = /named parameter/.test(message)
      ? `${message}: the query does not have it.`
      : 'There is no statement in the query.';
    return { code: 'query-refused', detail };
  }
  if (sqlite === SQLITE_RANGE) {
    return { code: 'query-refused', detail: 'More parameters are given than the query has.' };
  }
  if (sqlite === SQLITE_TOOBIG) {
    const detail = `A value in the query is too large: ${message}. Ask for less of it, for instance with substr().`;
    return { code: 'query-too-large', detail };
  }
  if (/not authorized|prohibited/.test(message)) {
    const detail = `${message}. A query may only read the views events, cells, executions, outputs, actors and streams.`;
    return { code: 'query-refused', detail };
  }
  const at = placeOf(message, sql);
  return { code: 'query-refused', detail: `SQLite says: ${message}.`, ...(at && { at }) };
}

function messageOf(error: unknown): string {
  return reasonOf(error);
}
