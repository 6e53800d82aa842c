/**
 * A kernel's process. It runs the requests that it gets in order, one message a step, and remembers
 * what it said: the truth that the notebook is compared with in the end. Its language: each line of a
 * cell is one statement of statements.ts, or `clear`, `wait-clear`, `ask x`, `secret x`, `later x` (a thread
 * that prints when the run may be over), `fail x` or `crash x` (with a long traceback); any other does
 * nothing. All that it shows bears the id of the request.
 */
import type { ExecuteReply, IopubMessage, KernelQuestion } from '../../agent/ports/runtime.js';
import { outputOf, traceOf } from './statements.js';

/** Messages of the kernel until a thread prints. */
const LATER = 9;

type Say = (message: IopubMessage) => void;

interface Request {
  readonly id: string;
  /** Undefined for a question that runs nothing. */
  readonly code?: string;
  readonly reply?: (reply: ExecuteReply) => void;
}

/** What kernels said in the answer to each request, and how often they took it. */
export class Truth {
  readonly said = new Map<string, IopubMessage[]>();
  readonly taken: string[] = [];
  /** All of it, in order. */
  readonly log: IopubMessage[] = [];
  /** What was answered: the question that the kernel asked, and the one that was meant. */
  readonly answers: { readonly asked: string; readonly meant: string; readonly value: string }[] =
    [];
  /** Runs that reached a limit. */
  readonly limited = new Set<string>();
  readonly code = new Map<string, string>();
}

/** What is shown of question and answer, in JupyterLab's words; no message of the kernel. */
export function echoOf(execution: string, prompt: string, shown: string): IopubMessage {
  return {
    header: { msg_id: '', msg_type: 'stream' },
    parent_header: { msg_id: execution },
    metadata: {},
    content: { name: 'stdin', text: `${prompt} ${shown}\n` }
  };
}

export class SimulatedKernel {
  /** Of each connection with requests that wait: a kernel takes one of each in turn. */
  readonly #requests = new Map<unknown, readonly Request[]>();
  #current: { readonly request: Request; readonly rest: string[] } | undefined;
  #count = 0;
  #message = 0;
  #interrupted = false;
  #question: KernelQuestion | undefined;
  /** Threads that have something to print, once so many messages were said or nothing else is to do. */
  readonly #threads: { readonly parent: string; readonly text: string; readonly after: number }[] =
    [];

  constructor(
    private readonly session: string,
    private readonly truth: Truth,
    private readonly now: () => number,
    private readonly say: Say,
    private readonly ask: (question: KernelQuestion) => void
  ) {}

  /** Whether it has something to do without anybody's help. */
  get busy(): boolean {
    const asking = this.#question !== undefined && !this.#interrupted;
    const begun = this.#current !== undefined || this.#requests.size > 0;
    return !asking && (begun || this.#threads.length > 0);
  }

  get question(): KernelQuestion | undefined {
    return this.#question;
  }

  /** The request that it works on. */
  get current(): string | undefined {
    return this.#current?.request.id;
  }

  /** Whether the run that it works on will show something anew in a display. */
  get updatesLater(): boolean {
    return this.#current?.rest.some(statement => /^(?:update|reshare)/.test(statement)) === true;
  }

  /** A run that it was given and has not begun. */
  get waiting(): string | undefined {
    return [...this.#requests.values()].flat().find(({ code, reply }) => code && reply)?.id;
  }

  /** As a kernel does: whatever was meant, it is the answer to what is asked now. */
  answer(meant: string, value: string): void {
    const question = this.#question;
    if (question !== undefined) {
      this.#question = undefined;
      const { executionId, requestId, prompt, password } = question;
      this.truth.answers.push({ asked: requestId, meant, value });
      const echo = echoOf(executionId ?? '', prompt, password ? '········' : value);
      this.truth.said.get(executionId ?? '')?.push(echo);
    }
  }

  /** The run has reached a limit: what is said of it takes its place among the outputs. */
  limited(message: IopubMessage): void {
    const { current } = this;
    if (current !== undefined) {
      this.truth.limited.add(current);
      this.truth.said.get(current)?.push(message);
      this.interrupt();
    }
  }

  /** Behind what came on the same connection, and not behind all that came on others. */
  request(connection: unknown, request: Request): void {
    this.#requests.set(connection, [...(this.#requests.get(connection) ?? []), request]);
  }

  interrupt(): void {
    this.#interrupted = this.#current !== undefined;
  }

  /** Publishes a message that answers nobody here, as to a console or to the server itself. */
  sayFrom(parent: string, type: string, content: IopubMessage['content']): void {
    this.#publish(parent, type, content);
  }

  /** Says one thing, if it has something to do. */
  step(): void {
    const current = this.#current;
    const idle = current === undefined && this.#requests.size === 0;
    const [thread] = this.#threads;
    if (thread !== undefined && (idle || this.#message >= thread.after)) {
      this.#threads.shift();
      this.#publish(thread.parent, 'stream', { name: 'stdout', text: `${thread.text}\n` });
      return;
    }
    if (current === undefined) {
      this.#begin();
      return;
    }
    if (this.#question !== undefined && !this.#interrupted) {
      return;
    }
    this.#question = undefined;
    const statement = this.#interrupted ? 'fail KeyboardInterrupt' : current.rest.shift();
    const { id } = current.request;
    if (statement === undefined) {
      this.#finish(null);
      return;
    }
    const [verb = '', word = ''] = statement.split(' ');
    // The end of the id is marked: behind it may stand what a longer line has left.
    const text = `${word}@${id};`;
    switch (verb) {
      case 'clear':
        return this.#publish(id, 'clear_output', { wait: false });
      case 'wait-clear':
        return this.#publish(id, 'clear_output', { wait: true });
      case 'ask':
      case 'secret':
        this.#message += 1;
        this.#question = {
          ...{ executionId: id, requestId: `${this.session}-${this.#message}` },
          ...{ prompt: word, password: verb === 'secret' }
        };
        return this.ask(this.#question);
      case 'later':
        this.#threads.push({ parent: id, text, after: this.#message + LATER });
        return;
      case 'fail':
      case 'crash': {
        const error = { ename: word, evalue: id };
        const traceback = verb === 'fail' ? [text] : traceOf(text);
        this.#publish(id, 'error', { ...error, traceback });
        this.#finish(error);
        return;
      }
      default: {
        const output = outputOf(verb, text, id, this.#count);
        if (output !== undefined) {
          this.#publish(id, output.type, output.content);
        }
      }
    }
  }

  #begin(): void {
    const request = this.#next();
    if (request === undefined) {
      return;
    }
    this.#interrupted = false;
    this.#publish(request.id, 'status', { execution_state: 'busy' });
    if (request.code === undefined) {
      this.#publish(request.id, 'status', { execution_state: 'idle' });
      return;
    }
    this.#count += 1;
    this.truth.taken.push(request.id);
    this.truth.code.set(request.id, request.code);
    this.#publish(request.id, 'execute_input', {
      ...{ code: request.code, execution_count: this.#count }
    });
    this.#current = { request, rest: request.code.split('\n') };
  }

  #next(): Request | undefined {
    for (const [connection, [request, ...rest]] of this.#requests) {
      this.#requests.delete(connection);
      if (rest.length > 0) {
        this.#requests.set(connection, rest);
      }
      return request;
    }
    return undefined;
  }

  #finish(error: ExecuteReply['error']): void {
    const request = this.#current?.request;
    this.#current = undefined;
    this.#interrupted = false;
    if (request !== undefined) {
      const at = new Date(this.now()).toISOString();
      request.reply?.({
        status: error === null ? 'ok' : 'error',
        executionCount: this.#count,
        error,
        startedAt: at,
        repliedAt: at
      });
      this.#publish(request.id, 'status', { execution_state: 'idle' });
    }
  }

  #publish(parent: string, msg_type: string, content: IopubMessage['content']): void {
    this.#message += 1;
    const message: IopubMessage = {
      header: {
        msg_id: `${this.session}-${this.#message}`,
        msg_type,
        session: this.session,
        date: new Date(this.now()).toISOString()
      },
      parent_header: { msg_id: parent },
      metadata: {},
      content
    };
    this.truth.log.push(message);
    this.truth.said.set(parent, [...(this.truth.said.get(parent) ?? []), message]);
    this.say(message);
  }
}
