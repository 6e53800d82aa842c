/**
 * The record put to use: questions in SQL and exports. Both only read, while the host goes on writing,
 * and neither may keep it from its work.
 */
import type { Json, RecordHead, StreamPath } from '../../schema/index.js';

/** A question to the record. */
export interface QueryRequest {
  /** One SELECT over the views of docs/guide/query.md. */
  readonly sql: string;
  /** Values of `?` in order, or of `:name` by name. */
  readonly parameters?: readonly Json[] | Readonly<Record<string, Json>>;
  /** At most so many rows are given. */
  readonly maxRows: number;
  /** Milliseconds that the query may take. */
  readonly timeoutMs: number;
  /** The streams that may be read; absent for all. */
  readonly streams?: readonly StreamPath[];
}

/** One value of an answer: a number, a text (bytes as base64, whole numbers beyond 2^53 in digits) or null. */
export type QueryValue = string | number | null;

/** The rows that a query gave. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly QueryValue[])[];
  /** There were more rows, or longer texts, than are given. */
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

/** Why a query has no answer; `at` is where in the SQL, from 1, where that is known. */
export interface QueryFailure {
  readonly code: 'query-refused' | 'query-timeout' | 'query-too-large' | 'query-unavailable';
  readonly detail: string;
  readonly at?: { readonly line: number; readonly column: number };
}

/** Takes the answer as it comes. A promise holds the query back until it settles. */
export interface QueryListener {
  columns(names: readonly string[]): void;
  rows(rows: readonly (readonly QueryValue[])[]): void | Promise<void>;
}

/** How a query ended. */
export type QueryEnd =
  { readonly truncated: boolean; readonly elapsedMs: number } | { readonly failure: QueryFailure };

/** A form that the record can be exported in. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'prov', 'crate'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Why there is no proof: fewer events are `signed`, or `busy` so many others are being made. */
export type Headless = { readonly signed: number } | { readonly busy: number };

/** What of one journal a door may ask for beside its streams. */
export interface RecordReader {
  /** The answer at once; at most 16 MiB of it. The signal stops the query when nobody waits for it. */
  query(
    request: QueryRequest,
    signal?: AbortSignal
  ): Promise<QueryAnswer | { readonly failure: QueryFailure }>;
  /** One stream as bytes; `cancel` ends it early. Rejects while it is read if the export fails. */
  export(
    stream: StreamPath,
    format: ExportFormat
  ): { readonly bytes: AsyncIterable<Uint8Array>; cancel(): void };
  /** The newest checkpoint, with the proof that it goes on from the first `from` events. */
  head(from: number): Promise<RecordHead | Headless>;
}
