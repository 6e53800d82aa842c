/**
 * Queries, each in a process of its own. Nothing else can be stopped: SQLite runs a statement to its
 * end before a thread of Node can be told anything, so time and memory are held by ending the process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  QueryAnswer,
  QueryEnd,
  QueryFailure,
  QueryListener,
  QueryRequest,
  QueryValue
} from '../ports/record.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Question, Said } from './ask.js';

export interface QueryOptions {
  /** The program that asks: query-process.js. */
  readonly program: string;
  /** The journal's database. */
  readonly path: string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'secret'>;
}

/** Bytes of an answer that is given at once. */
const LARGEST_ANSWER = 16 * 1024 * 1024;
/** Queries of one journal at the same time. */
const AT_ONCE = 4;
/** The signal by which the process ends itself when it has taken too much memory. */
export const OUT_OF_MEMORY: NodeJS.Signals = 'SIGTERM';

export class Queries {
  readonly #options: QueryOptions;
  readonly #running = new Set<ChildProcess>();

  constructor(options: QueryOptions) {
    this.#options = options;
  }

  /** The answer at once; at most 16 MiB of it. The signal stops the query. */
  async query(
    request: QueryRequest,
    signal?: AbortSignal
  ): Promise<QueryAnswer | { readonly failure: QueryFailure }> {
    let columns: readonly string[] = [];
    const rows: (readonly QueryValue[])[] = [];
    const listener: QueryListener = {
      columns: names => (columns = names),
      rows: more => void rows.push(...more)
    };
    const end = await this.stream(request, listener, { maxBytes: LARGEST_ANSWER, signal });
    return 'failure' in end ? end : { columns, rows, ...end };
  }

  /** Tells the listener the answer as it comes; holds no more than a batch of it. */
  async stream(
    request: QueryRequest,
    listener: QueryListener,
    { maxBytes, signal }: { maxBytes?: number; signal?: AbortSignal | undefined } = {}
  ): Promise<QueryEnd> {
    if (this.#running.size >= AT_ONCE) {
      const detail = `${AT_ONCE} queries run already. Ask again when one of them has ended.`;
      return { failure: { code: 'query-unavailable', detail } };
    }
    const { timeoutMs, ...rest } = request;
    const { clock, ids, path, program } = this.#options;
    const question: Question = {
      ...rest,
      ...{ path, secret: ids.secret() },
      ...(maxBytes !== undefined && { maxBytes })
    };
    const begun = clock.now();
    const child = spawn(process.execPath, ['--no-warnings', program], {
      stdio: ['pipe', 'pipe', 'ignore']
    });
    this.#running.add(child);
    const ended = new Promise<NodeJS.Signals | null>(resolve => {
      child.once('error', () => resolve(null));
      child.once('close', (_code, signal) => resolve(signal));
    });
    let late = false;
    const cancel = clock.after(timeoutMs, () => {
      late = true;
      child.kill('SIGKILL');
    });
    const stop = () => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop);
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(question));
    let truncated: boolean | undefined;
    let failure: QueryFailure | undefined;
    for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) {
      const said = parse(line);
      if (said === undefined) {
        break;
      } else if ('columns' in said) {
        listener.columns(said.columns);
      } else if ('rows' in said) {
        await listener.rows(said.rows);
      } else if ('failure' in said) {
        failure = said.failure;
      } else {
        truncated = said.truncated;
      }
    }
    const endedBy = await ended;
    cancel();
    signal?.removeEventListener('abort', stop);
    this.#running.delete(child);
    if (failure !== undefined) {
      return { failure };
    }
    return truncated === undefined
      ? { failure: whyNot(late, endedBy, timeoutMs) }
      : { truncated, elapsedMs: clock.now() - begun };
  }

  /** Ends what runs. */
  close(): void {
    this.#running.forEach(child => child.kill('SIGKILL'));
  }
}

function whyNot(late: boolean, signal: NodeJS.Signals | null, timeoutMs: number): QueryFailure {
  if (late) {
    const detail = `The query took longer than ${timeoutMs / 1000} s and was stopped. Ask for less, or give it more time.`;
    return { code: 'query-timeout', detail };
  }
  if (signal === OUT_OF_MEMORY) {
    const detail = 'The query took too much memory and was stopped. Ask for less, or sort less.';
    return { code: 'query-too-large', detail };
  }
  const detail = 'The query ended without an answer. Ask again; if it stays so, restart Colophon.';
  return { code: 'query-unavailable', detail };
}

/** undefined for half a line: the process was ended while it spoke. */
function parse(line: string): Said | undefined {
  try {
    return JSON.parse(line) as Said;
  } catch {
    return undefined;
  }
}
