/** The real runtime agent as a child process, bundled as it is shipped. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { FromAgent, type ToAgent } from '../../schema/agent-link.js';
import type { CellId, ExecutionId, FileId } from '../../schema/ids.js';
import { keepLog } from '../e2e/kept-logs.js';
import { until } from '../e2e/until.js';

export type Message<T extends FromAgent['type']> = Extract<FromAgent, { type: T }>;
export type RunMessage = Extract<ToAgent, { type: 'run' }>;

let bundle: Promise<string> | undefined;

/** The bundled program; built once for each test file. */
function bundledAgent(): Promise<string> {
  bundle ??= (async () => {
    const outfile = join(mkdtempSync(join(tmpdir(), 'colophon-agent-')), 'runtime-agent.js');
    await promisify(execFile)(resolve('node_modules/.bin/esbuild'), [
      resolve('agent/runtime-agent.ts'),
      `--outfile=${outfile}`,
      '--bundle',
      '--platform=node',
      '--target=node24',
      '--format=cjs',
      '--minify-syntax'
    ]);
    return outfile;
  })();
  return bundle;
}

/** A run of `source` in a cell; the execution's id is made from the cell's and a number. */
export function runMessage(cellId: string, source: string, number = 1): RunMessage {
  return {
    type: 'run',
    executionId: `${cellId}-${number}-${crypto.randomUUID()}` as ExecutionId,
    cellId: cellId as CellId,
    source,
    allowError: false,
    requester: { kind: 'human', id: 'alice' }
  };
}

export class AgentProcess {
  readonly messages: FromAgent[] = [];
  readonly log: string[] = [];
  /** Milliseconds from the spawn to `ready`; NaN before. */
  readyAfter = Number.NaN;
  private readonly spawnedAt = performance.now();
  exitCode: number | null | undefined;

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', line =>
      this.take(FromAgent.parse(JSON.parse(line)))
    );
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    child.on('exit', code => (this.exitCode = code));
    keepLog('the agent', () => this.log.join(''));
  }

  static async start(
    join_: { baseUrl: string; token: string; fileId: string; path: string },
    resume?: { run: RunMessage; kernelId: string | null }
  ): Promise<AgentProcess> {
    const program = await bundledAgent();
    const agent = new AgentProcess(
      spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
    );
    const { type: _type, ...run } = resume?.run ?? runMessage('none', '');
    agent.tell({
      type: 'join',
      ...join_,
      fileId: join_.fileId as FileId,
      epoch: 1,
      // The host of these tests keeps nothing outside the document.
      inlineBytes: 100_000_000,
      ...(resume === undefined ? {} : { resume: { run, kernelId: resume.kernelId } })
    });
    return agent;
  }

  private take(message: FromAgent): void {
    this.messages.push(message);
    if (message.type === 'ready') {
      this.readyAfter = performance.now() - this.spawnedAt;
    }
  }

  tell(message: ToAgent): void {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends stdin, as the host's end does. */
  endInput(): void {
    this.child.stdin!.end();
  }

  /** kill -9. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  exited(): Promise<number> {
    return until('the agent exits', () =>
      this.exitCode === undefined ? undefined : [this.exitCode ?? -1]
    ).then(([code]) => code!);
  }

  /** The first message of this type that fits; waits for it. */
  message<T extends FromAgent['type']>(
    type: T,
    fits: (message: Message<T>) => boolean = () => true
  ): Promise<Message<T>> {
    return until(`the agent says ${type}`, () => {
      const found = this.messages.find(
        (message): message is Message<T> => message.type === type && fits(message as Message<T>)
      );
      if (found === undefined && this.exitCode !== undefined) {
        throw new Error(
          `The agent exited with ${this.exitCode}: ${JSON.stringify(this.messages)}\n${this.log.join('')}`
        );
      }
      return found;
    });
  }

  /** Runs and waits for the end. */
  async run(message: RunMessage): Promise<Message<'finished'>> {
    this.tell(message);
    return this.finished(message);
  }

  finished(message: RunMessage): Promise<Message<'finished'>> {
    return this.message('finished', end => end.executionId === message.executionId);
  }
}
