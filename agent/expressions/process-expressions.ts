/**
 * JSONata in a process of its own: evaluations wait in line, and one that takes longer than it may, or
 * fills the memory, ends together with the process, so that no expression can hold up the host or end
 * it. The process begins with the first evaluation, and anew after it was ended.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { Json, PublishedEvent } from '../../schema/index.js';
import { ExpressionFailed, type Expressions } from '../ports/expressions.js';
import type { Clock } from '../ports/inputs.js';

export interface ProcessExpressionsOptions {
  /** The file of the process. */
  readonly program: string;
  readonly clock: Pick<Clock, 'after'>;
  /** How long one evaluation may take; a second if absent. */
  readonly withinMs?: number;
}

interface Question {
  readonly expression: string;
  readonly event: string;
  readonly resolve: (value: Json | undefined) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
}

interface Answer {
  readonly ok?: string;
  readonly error?: string;
}

const WITHIN_MS = 1_000;
/** Our own thread may have been busy: what the process sent meanwhile is heard first. */
const GRACE_MS = 50;

export class ProcessExpressions implements Expressions {
  readonly #options: ProcessExpressionsOptions;
  readonly #waiting: Question[] = [];
  #asked: Question | undefined;
  #process: ChildProcess | undefined;
  #ready = false;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(options: ProcessExpressionsOptions) {
    this.#options = options;
  }

  evaluate(expression: string, event: PublishedEvent): Promise<Json | undefined> {
    if (this.#closed) {
      return Promise.reject(new Error('Colophon is ending.'));
    }
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(event);
      this.#waiting.push({ expression, event: text, resolve, reject, attempts: 0 });
      this.#ask();
    });
  }

  close(): void {
    this.#closed = true;
    const failure = new Error('Colophon is ending.');
    const asked = this.#end();
    [asked, ...this.#waiting.splice(0)].forEach(question => question?.reject(failure));
  }

  #ask(): void {
    if (this.#asked !== undefined || this.#waiting.length === 0) {
      return;
    }
    this.#process ??= this.#start();
    if (!this.#ready) {
      return;
    }
    const question = this.#waiting.shift();
    if (question !== undefined) {
      this.#asked = question;
      question.attempts++;
      this.#process.send({ expression: question.expression, event: question.event });
      this.#cancel = this.#limit();
    }
  }

  /** Ends the process when the time is over. */
  #limit(): () => void {
    const { clock, withinMs = WITHIN_MS } = this.#options;
    let cancel = clock.after(withinMs, () => {
      cancel = clock.after(GRACE_MS, () => {
        this.#end()?.reject(new ExpressionFailed(`It took longer than ${withinMs} ms.`));
        this.#ask();
      });
    });
    return () => cancel();
  }

  #start(): ChildProcess {
    const child = fork(this.#options.program, { env: {}, execArgv: [], stdio: 'ignore' });
    child.unref();
    child.channel?.unref();
    child.on('message', (message: 'ready' | Answer) => {
      if (child !== this.#process) {
        return;
      }
      if (message === 'ready') {
        this.#ready = true;
      } else {
        this.#answered(message);
      }
      this.#ask();
    });
    const ended = () => {
      if (child === this.#process) {
        this.#ended();
      }
    };
    child.on('error', ended);
    child.on('exit', ended);
    return child;
  }

  #answered({ ok, error }: Answer): void {
    this.#cancel();
    const question = this.#asked;
    this.#asked = undefined;
    if (error !== undefined) {
      question?.reject(new ExpressionFailed(error));
    } else {
      question?.resolve(ok === undefined ? undefined : (JSON.parse(ok) as Json));
    }
  }

  /** It ended by itself: what was asked is asked once more, since it may not be to blame. */
  #ended(): void {
    const began = this.#ready;
    const asked = this.#end();
    if (!began) {
      const failure = new Error('The process that evaluates expressions does not start.');
      this.#waiting.splice(0).forEach(({ reject }) => reject(failure));
    } else if (asked !== undefined && asked.attempts < 2) {
      this.#waiting.unshift(asked);
    } else {
      asked?.reject(new ExpressionFailed('It needs too much memory.'));
    }
    this.#ask();
  }

  /** Ends the process; gives what it was asked. */
  #end(): Question | undefined {
    this.#cancel();
    const asked = this.#asked;
    this.#asked = undefined;
    this.#ready = false;
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
    return asked;
  }
}
