/**
 * A kernel's process. It runs the requests that it gets in order, one message a step, and remembers
 * what it said: the truth that the notebook is compared with in the end. Its language: each line of a
 * cell is one statement, `print x`, `warn x`, `show x`, `update x`, `clear`, `wait-clear`, `result x`,
 * `share x`, `reshare x` (a display that cells share), `ask x`, `secret x` or `fail x`; any other does
 * nothing.
 */
import type { ExecuteReply, IopubMessage, KernelQuestion } from '../../agent/ports/runtime.js';

/** The display that cells share. */
const SHARED = { display_id: 'shared' };

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
  readonly #requests: Request[] = [];
  #current: { readonly request: Request; readonly rest: string[] } | undefined;
  #count = 0;
  #message = 0;
  #interrupted = false;
  #question: KernelQuestion | undefined;

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
    return !asking && (this.#current !== undefined || this.#requests.length > 0);
  }

  get question(): KernelQuestion | undefined {
    return this.#question;
  }

  /** The request that it works on. */
  get current(): string | undefined {
    return this.#current?.request.id;
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
      case 'share':
        return this.#publish(id, 'display_data', { data, metadata: {}, transient: SHARED });
      case 'reshare':
        return this.#publish(id, 'update_display_data', { data, metadata: {}, transient: SHARED });
      case 'ask':
      case 'secret':
        this.#message += 1;
        this.#question = {
          ...{ executionId: id, requestId: `${this.session}-${this.#message}` },
          ...{ prompt: text, password: verb === 'secret' }
        };
        return this.ask(this.#question);
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
    this.truth.log.push(message);
    this.truth.said.set(parent, [...(this.truth.said.get(parent) ?? []), message]);
    this.say(message);
  }
}
