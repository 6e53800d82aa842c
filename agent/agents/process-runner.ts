/**
 * Runs each notebook's agent as a process of its own on this machine. Guarantees: at most one agent
 * per notebook, each with a token of its own that is revoked when it ends, and an `exited` report
 * after everything else that it said. One more process waits for its `join`, so that the next start
 * is a hot one.
 */
import { hash } from 'node:crypto';
import { fileIdOf } from '../../schema/index.js';
import type { Actor, FromAgent, StreamPath, ToAgent } from '../../schema/index.js';
import type { AgentRunner, PlannedResume, Server } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { AgentProcess } from './agent-process.js';

export interface ProcessRunnerOptions {
  /** File of the agent's program. */
  readonly program: string;
  readonly server: Server;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The actor that an agent's connections prove. */
  readonly actor: Actor;
  readonly spare: boolean;
  /** Bytes of one cell's outputs that may stand in the document. */
  readonly inlineBytes: number;
  /** Where an agent of this machine stores them without the server in between. */
  readonly hostUrl: () => string;
  readonly report: (stream: StreamPath, epoch: number, report: RunnerReport) => void;
}

export type RunnerReport =
  | FromAgent
  | { readonly type: 'spawned'; readonly pid: number }
  | { readonly type: 'exited'; readonly code: number | null; readonly reason: string };

interface Running {
  readonly epoch: number;
  readonly process: AgentProcess;
  readonly token: string;
  readonly tokenHash: string;
  /** Lines that wait until the token is known to the server. */
  waiting: ToAgent[] | null;
}

const STOP_WITHIN_MS = 5_000;
const SPARE_AFTER_MS = 500;

export class ProcessRunner implements AgentRunner {
  readonly #options: ProcessRunnerOptions;
  readonly #running = new Map<StreamPath, Running>();
  readonly #all = new Set<AgentProcess>();
  #spare: AgentProcess | undefined;
  #stopping = false;

  constructor(options: ProcessRunnerOptions) {
    this.#options = options;
  }

  start(stream: StreamPath, epoch: number, join: { path: string; resume?: PlannedResume }): void {
    if (this.#stopping) {
      return;
    }
    this.#running.get(stream)?.process.kill();
    const process = this.#takeProcess();
    const token = this.#options.ids.secret();
    const tokenHash = hash('sha256', token);
    const running: Running = { epoch, process, token, tokenHash, waiting: [] };
    this.#running.set(stream, running);
    const { report, server } = this.#options;
    process.adopt(stream, {
      said: message => report(stream, epoch, message),
      exited: (code, reason) => {
        if (this.#running.get(stream) === running) {
          this.#running.delete(stream);
        }
        server.revokeToken(token);
        report(stream, epoch, { type: 'exited', code, reason });
      }
    });
    report(stream, epoch, { type: 'spawned', pid: process.pid });
    void this.#join(stream, running, join);
  }

  tell(stream: StreamPath, epoch: number, message: ToAgent): void {
    const running = this.#of(stream, epoch);
    if (running?.waiting) {
      running.waiting.push(message);
    } else {
      running?.process.tell(message);
    }
  }

  stop(stream: StreamPath, epoch: number): void {
    const running = this.#of(stream, epoch);
    if (running === undefined) {
      return;
    }
    running.waiting = [];
    running.process.stop();
    const cancel = this.#options.clock.after(STOP_WITHIN_MS, () => running.process.kill());
    void running.process.gone.then(cancel);
  }

  async stopAll(): Promise<void> {
    this.#stopping = true;
    const all = [...this.#all];
    all.forEach(process => process.stop());
    await Promise.all(all.map(process => process.gone));
  }

  /** Ends what has not ended, now. */
  killAll(): void {
    this.#all.forEach(process => process.kill());
  }

  /** The notebook whose agent has this token, as long as it runs. */
  streamOf(token: string): StreamPath | undefined {
    // Of hashes, so that the time it takes tells nothing of a token.
    const given = hash('sha256', token);
    return [...this.#running].find(([, { tokenHash }]) => tokenHash === given)?.[0];
  }

  /** The agents that run. */
  health(): { stream: StreamPath; epoch: number; pid: number }[] {
    return [...this.#running].map(([stream, { epoch, process }]) => ({
      stream,
      epoch,
      pid: process.pid
    }));
  }

  #of(stream: StreamPath, epoch: number): Running | undefined {
    const running = this.#running.get(stream);
    return running?.epoch === epoch ? running : undefined;
  }

  async #join(
    stream: StreamPath,
    running: Running,
    { path, resume }: { path: string; resume?: PlannedResume }
  ): Promise<void> {
    const { server, actor } = this.#options;
    const { epoch, token, process } = running;
    const fileId = fileIdOf(stream);
    try {
      await server.grantToken(token, actor, stream);
    } catch (error) {
      // Without a token it can do nothing; its end is reported like any other.
      console.error(`[runtime ${stream}] no token: ${String(error)}`);
      process.kill();
      return;
    }
    const waiting = running.waiting ?? [];
    running.waiting = null;
    if (fileId !== undefined && process.alive) {
      const { baseUrl } = server;
      process.tell({
        ...{ type: 'join', baseUrl, token, fileId, path, epoch },
        ...{ inlineBytes: this.#options.inlineBytes, hostUrl: this.#options.hostUrl() },
        ...(resume && { resume })
      });
      waiting.forEach(message => process.tell(message));
    }
  }

  #takeProcess(): AgentProcess {
    const spare = this.#spare?.alive ? this.#spare : undefined;
    this.#spare = undefined;
    if (this.#options.spare) {
      this.#options.clock.after(SPARE_AFTER_MS, () => this.#prepareSpare());
    }
    return spare ?? this.#spawn();
  }

  #prepareSpare(): void {
    if (!this.#stopping && !this.#spare?.alive) {
      this.#spare = this.#spawn();
    }
  }

  #spawn(): AgentProcess {
    const process = new AgentProcess(this.#options.program);
    this.#all.add(process);
    void process.gone.then(() => this.#all.delete(process));
    return process;
  }
}
