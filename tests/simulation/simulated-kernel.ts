/**
 * A kernel's process. It runs the requests that it gets in order, one message a step, and remembers
 * what it said: the truth that the notebook is compared with in the end. Its language: each line of a
 * cell is one statement, `print x`, `warn x`, `show x`, `update x`, `clear`, `wait-clear`, `result x`
 * or `fail x`; any other does nothing.
 */
import type { ExecuteReply, IopubMessage } from '../../agent/ports/runtime.js';

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
  readonly code = new Map<string, string>();
}

export class SimulatedKernel {
  readonly #requests: Request[] = [];
  #current: { readonly request: Request; readonly rest: string[] } | undefined;
  #count = 0;
  #message = 0;
  #interrupted = false;

  constructor(
    private readonly session: string,
    private readonly truth: Truth,
    private readonly now: () => number,
    private readonly say: Say
  ) {}

  get busy(): boolean {
    return this.#current !== undefined || this.#requests.length > 0;
  }

  request(request: Request): void {
    this.#requests.push(request);
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
    if (current === undefined) {
      this.#begin();
      return;
    }
    const statement = this.#interrupted ? 'fail KeyboardInterrupt' : current.rest.shift();
    const { id } = current.request;
    if (statement === undefined) {
      this.#finish(null);
      return;
    }
    const [verb = '', text = ''] = statement.split(' ');
    const data = { 'text/plain': text };
    const transient = { display_id: `shown-by-${id}` };
    switch (verb) {
      case 'print':
        return this.#publish(id, 'stream', { name: 'stdout', text: `${text}\n` });
      case 'warn':
        return this.#publish(id, 'stream', { name: 'stderr', text: `${text}\r` });
      case 'show':
        return this.#publish(id, 'display_data', { data, metadata: {}, transient });
      case 'update':
        return this.#publish(id, 'update_display_data', { data, metadata: {}, transient });
      case 'clear':
        return this.#publish(id, 'clear_output', { wait: false });
      case 'wait-clear':
        return this.#publish(id, 'clear_output', { wait: true });
      case 'result':
        return this.#publish(id, 'execute_result', {
          ...{ data, metadata: {}, execution_count: this.#count }
        });
      case 'fail': {
        const error = { ename: text, evalue: id };
        this.#publish(id, 'error', { ...error, traceback: [text] });
        this.#finish(error);
      }
    }
  }

  #begin(): void {
    const request = this.#requests.shift();
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
    this.truth.said.set(parent, [...(this.truth.said.get(parent) ?? []), message]);
    this.say(message);
  }
}
