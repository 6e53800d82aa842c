/**
 * What may go wrong between the browser and the host, as two errors: the host answered and refused,
 * or nobody answered. Everything else that is thrown here is a bug.
 */
import type { ProblemCode } from '../../schema/index.js';

/** The host, or the server before it, answered and refused. `detail` is for a person. */
export class RefusedError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    /** HTTP status. */
    readonly status: number
  ) {
    super(detail);
    this.name = 'RefusedError';
  }
}

/** Nobody answered, or the answer came from something that is not the host (a gateway, a proxy). */
export class UnreachableError extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'UnreachableError';
  }
}

/** An answer that is not the host's: a page of something in between, a log-in form for instance. */
export const NOT_OURS =
  'What answered was not Colophon. Reload the page, and log in again if it asks you to.';

const AWAY = new Set<string>(['runtime-unavailable', 'shutting-down']);

/**
 * The error of an answer that is not 2xx. A problem body becomes a RefusedError, unless it says that
 * the host is away; then, and for every other body of a gateway's status, an UnreachableError.
 */
export function errorOf(status: number, body: string): RefusedError | UnreachableError {
  const problem = parse(body);
  if (problem !== undefined) {
    return status >= 500 && AWAY.has(problem.code)
      ? new UnreachableError(problem.detail)
      : new RefusedError(problem.code, problem.detail, status);
  }
  if (status === 401 || status === 403) {
    return new RefusedError(
      status === 401 ? 'unauthenticated' : 'forbidden',
      'The server refused the request. Log in again and reload the page.',
      status
    );
  }
  if (status >= 400 && status < 500 && status !== 404) {
    return new RefusedError(
      'malformed-request',
      `The server refused the request (${status}).`,
      status
    );
  }
  return new UnreachableError(`The server answered ${status}.`);
}

function parse(body: string): { code: ProblemCode; detail: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined; // Not a problem body: a proxy's page, or nothing.
  }
  const { code, detail } = (value ?? {}) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string'
    ? { code: code as ProblemCode, detail }
    : undefined;
}
