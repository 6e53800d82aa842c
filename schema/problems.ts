/** Refusals as values, and as RFC 9457 bodies. */
import { z } from 'zod';

export const ProblemCode = z.enum([
  'malformed-request',
  'body-too-large',
  'unauthenticated',
  'forbidden',
  'unknown-stream',
  'unknown-notebook',
  'notebook-not-open',
  'unknown-cell',
  'not-a-code-cell',
  'source-mismatch',
  'unknown-execution',
  'nothing-running',
  'already-running',
  /** The run asks nothing, or something else by now. */
  'nothing-asked',
  /** Somebody else was first. */
  'already-answered',
  'runtime-unavailable',
  /** The stream is paused: only `stream.resumed` may be posted. */
  'stream-paused',
  /** Nothing more is ever taken. */
  'stream-closed',
  'offset-mismatch',
  'reserved-type',
  /** The disk of the journal has no space: nothing is taken until it has. */
  'journal-full',
  /** The journal's disk or folder does not take what is written, for another reason. */
  'journal-unwritable',
  /** The SQL is wrong, or asks for what a query may not. */
  'query-refused',
  'query-timeout',
  'query-too-large',
  /** Too many queries or exports at once, or the journal cannot be read. */
  'query-unavailable',
  /** There are streams below the one to be deleted. */
  'stream-has-children',
  /** The stream is a notebook's that is open or runs. */
  'stream-in-use',
  /** More is spoken of than has been uploaded. */
  'upload-behind',
  /** There are no such bytes in it. */
  'range-unsatisfiable',
  'not-found',
  'method-not-allowed',
  'shutting-down',
  /** The host is away; answered by the server extension. */
  'host-unavailable',
  /** The request bears a header that only the server may send; answered by the server extension. */
  'forged-header',
  'internal'
]);
export type ProblemCode = z.infer<typeof ProblemCode>;

/** application/problem+json. `detail` says what is wrong and what to do, to a person. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ProblemCode,
  detail: z.string(),
  /** Anything that a program can use, e.g. the cell id. */
  at: z.record(z.string(), z.unknown()).optional()
});
export type Problem = z.infer<typeof Problem>;

/** The refusal of a command: a value, never thrown by the core. */
export interface Rejection {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly at?: Record<string, unknown>;
}
