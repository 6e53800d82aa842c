/** Refusals of the HTTP API: RFC 9457 bodies with the status that fits the code. */
import type { ServerResponse } from 'node:http';
import type { Problem, ProblemCode, Rejection } from '../../schema/index.js';

export { explain } from '../core/explain.js';

/** The status and title of each code. */
export const MEANING: Record<ProblemCode, { status: number; title: string }> = {
  'malformed-request': { status: 400, title: 'The request is malformed' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not permitted' },
  'unknown-stream': { status: 404, title: 'Unknown stream' },
  'unknown-notebook': { status: 404, title: 'Unknown notebook' },
  'notebook-not-open': { status: 409, title: 'The notebook is not open' },
  'unknown-cell': { status: 404, title: 'Unknown cell' },
  'not-a-code-cell': { status: 409, title: 'Not a code cell' },
  'source-mismatch': { status: 409, title: 'The source is not what was seen' },
  'unknown-execution': { status: 404, title: 'Unknown execution' },
  'nothing-running': { status: 409, title: 'Nothing is running' },
  'already-running': { status: 409, title: 'Already running' },
  'nothing-asked': { status: 409, title: 'Nothing is asked' },
  'already-answered': { status: 409, title: 'Already answered' },
  'runtime-unavailable': { status: 503, title: 'The runtime is unavailable' },
  'stream-closed': { status: 409, title: 'The stream is closed' },
  'stream-paused': { status: 412, title: 'The stream is paused' },
  'offset-mismatch': { status: 412, title: 'The stream has gone on' },
  'journal-full': { status: 507, title: 'The disk is full' },
  'journal-unwritable': { status: 503, title: 'The journal cannot be written' },
  'reserved-type': { status: 403, title: 'The type is reserved' },
  'query-refused': { status: 400, title: 'The query is refused' },
  'query-timeout': { status: 422, title: 'The query took too long' },
  'query-too-large': { status: 413, title: 'The query asks for too much' },
  'query-unavailable': { status: 503, title: 'The record cannot be read now' },
  'stream-has-children': { status: 409, title: 'There are streams below it' },
  'stream-in-use': { status: 409, title: 'The stream is in use' },
  'upload-behind': { status: 409, title: 'The upload is not that far' },
  'range-unsatisfiable': { status: 416, title: 'There is no such range' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'shutting-down': { status: 503, title: 'Shutting down' },
  'host-unavailable': { status: 503, title: 'The host is unavailable' },
  'forged-header': { status: 400, title: 'A forged header' },
  internal: { status: 500, title: 'Internal error' }
};

/** Thrown inside the API only, to leave a request early; always answered as a problem. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly rejection: Rejection) {
    super(rejection.detail);
  }
}

/** Ends the request with this code; `detail` tells a person what to do. */
export function refuse(code: ProblemCode, detail: string, at?: Record<string, unknown>): never {
  throw new Refused({ code, detail, ...(at && { at }) });
}

/** The body of a refusal. */
export function problemOf({ code, detail, at }: Rejection): Problem {
  const { status, title } = MEANING[code];
  return { type: 'about:blank', title, status, code, detail, ...(at && { at }) };
}

/** Sends a refusal. Does nothing to an answer that has begun. */
export function sendProblem(
  response: ServerResponse,
  rejection: Rejection,
  headers: Record<string, string> = {}
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = problemOf(rejection);
  const challenge = problem.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  const type = 'application/problem+json';
  send(response, problem.status, problem, type, { ...challenge, ...headers });
}

/** Sends a JSON answer, with another media type if it has one of its own. */
export function sendJson(response: ServerResponse, body: unknown, type = 'application/json'): void {
  send(response, 200, body, type, {});
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  type: string,
  headers: Record<string, string>
): void {
  // As a text it leaves together with the headers, in one write.
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers
  });
  response.end(text);
}
