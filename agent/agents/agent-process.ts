/** One runtime agent as a child process that speaks lines of JSON. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { FromAgent, type ToAgent } from '../../schema/index.js';

export interface AgentProcessListener {
  said(message: FromAgent): void;
  /** Once, after its last line. */
  exited(code: number | null, reason: string): void;
}

export class AgentProcess {
  readonly pid: number;
  /** Settles when the process and its pipes have ended. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #listener: AgentProcessListener | undefined;
  #name = 'spare';
  #failure: string | undefined;
  #ended = false;

  /** Starts `node <program>`. It waits for its first line. */
  constructor(program: string) {
    this.#child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? 0;
    // Its end is told by `close`; a line that comes too late is lost with it.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', error => {
      this.#failure = `it could not be started: ${error.message}`;
    });
    createInterface({ input: this.#child.stdout }).on('line', line => this.#hear(line));
    createInterface({ input: this.#child.stderr }).on('line', line =>
      console.error(`[runtime ${this.#name}] ${line}`)
    );
    this.gone = new Promise(resolve => {
      this.#child.on('close', (code, signal) => {
        this.#ended = true;
        const reason =
          this.#failure ?? (signal ? `ended by ${signal}` : `exit code ${code ?? '?'}`);
        this.#listener?.exited(code, reason);
        resolve();
      });
    });
  }

  get alive(): boolean {
    return !this.#ended && this.#failure === undefined;
  }

  /** From now on it belongs to somebody. `name` marks its lines in the log. */
  adopt(name: string, listener: AgentProcessListener): void {
    this.#name = name;
    this.#listener = listener;
  }

  /** Sends a line; lost if the process is ending. */
  tell(message: ToAgent): void {
    if (!this.#ended) {
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    }
  }

  /** Asks it to leave and closes its input, which ends it as well. */
  stop(): void {
    this.tell({ type: 'stop' });
    this.#child.stdin.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(line: string): void {
    const parsed = FromAgent.safeParse(parseJson(line));
    if (!parsed.success) {
      // An agent that does not keep to the protocol cannot be trusted with the rest of it.
      this.#failure = `it wrote a line that is not of the protocol: ${line.slice(0, 200)}`;
      this.kill();
      return;
    }
    if (parsed.data.type === 'failed') {
      this.#failure = parsed.data.reason;
    }
    this.#listener?.said(parsed.data);
  }
}

/** undefined for what is not JSON; the schema then refuses it. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
