/** One Jupyter Server with Colophon's extension, notebooks, and runtime agents that it trusts. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { AgentProcess, type RunMessage } from './agent-process.js';
import { RoomObserver } from './room-observer.js';

/** Granted to every agent of the tests. */
const AGENT_TOKEN = 'agent-token-of-the-tests';

export interface OpenNotebook {
  readonly path: string;
  readonly observer: RoomObserver;
}

export class RuntimeWorld {
  readonly lab: JupyterLab;
  private readonly python: string;
  private readonly agents: AgentProcess[] = [];
  private readonly observers: RoomObserver[] = [];

  /** `args`: more traitlets of the server. */
  constructor(args: readonly string[] = []) {
    const jupyter = resolve(process.env['COLOPHON_JUPYTER'] ?? '.venv/bin/jupyter');
    this.python = join(dirname(jupyter), 'python');
    const host = [
      this.python,
      resolve('tests/integration/granting_host.py'),
      resolve('.'),
      AGENT_TOKEN
    ];
    this.lab = new JupyterLab({
      args: [
        '--ServerApp.jpserver_extensions=jupyterlab_colophon=True',
        ...host.map(word => `--ColophonExtension.host_command=${word}`),
        ...args
      ],
      env: { PYTHONPATH: [resolve('tests/e2e'), resolve('.')].join(delimiter) }
    });
  }

  async start(): Promise<this> {
    await this.lab.start();
    return this;
  }

  /** A notebook of empty code cells, open in a person's room. */
  async open(
    name: string,
    cells: readonly string[],
    kernel = 'python3',
    metadata: object = {}
  ): Promise<OpenNotebook> {
    const path = this.lab.writeNotebook(name, Object.fromEntries(cells.map(id => [id, ''])));
    const file = join(this.lab.root, path);
    const written = readFileSync(file, 'utf8').replace('"python3"', JSON.stringify(kernel));
    const notebook = JSON.parse(written) as { metadata: object };
    const all = { ...notebook.metadata, ...metadata };
    writeFileSync(file, JSON.stringify({ ...notebook, metadata: all }));
    return { path, observer: await this.observe(path) };
  }

  async observe(path: string): Promise<RoomObserver> {
    const observer = await RoomObserver.join(this.lab, path);
    this.observers.push(observer);
    return observer;
  }

  /** An agent of the notebook, not yet ready. */
  async agent(
    notebook: { readonly path: string; readonly observer: { readonly fileId: string } },
    resume?: { run: RunMessage; kernelId: string | null },
    baseUrl = this.lab.url
  ): Promise<AgentProcess> {
    const agent = await AgentProcess.start(
      {
        baseUrl,
        token: AGENT_TOKEN,
        fileId: notebook.observer.fileId,
        path: notebook.path
      },
      resume
    );
    this.agents.push(agent);
    return agent;
  }

  /** Outputs of the same sources, run one after the other by nbclient. */
  reference(sources: readonly string[], kernel = 'python3'): Promise<unknown[][]> {
    return this.ask('tests/integration/reference_outputs.py', [kernel], sources);
  }

  /** What a Python program answers to `question`, both JSON; it finds the server's kernels. */
  async ask<T>(program: string, args: readonly string[], question: unknown): Promise<T> {
    const answer = await new Promise<string>((done, failed) => {
      const child = execFile(
        this.python,
        [resolve(program), ...args],
        { maxBuffer: 1 << 28, env: { ...process.env, JUPYTER_PATH: this.lab.data } },
        (error, stdout) => (error instanceof Error ? failed(error) : done(stdout))
      );
      child.stdin!.end(JSON.stringify(question));
    });
    return JSON.parse(answer) as T;
  }

  /** Makes a kernel of a Python program known to the server. */
  installKernel(name: string, program: string): void {
    const folder = join(this.lab.data, 'kernels', name);
    mkdirSync(folder, { recursive: true });
    const argv = [this.python, resolve(program), '-f', '{connection_file}'];
    const spec = { argv, display_name: name, language: name };
    writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  }

  async stop(): Promise<void> {
    this.observers.forEach(observer => observer.leave());
    this.agents.forEach(agent => agent.kill());
    await this.lab.stop();
  }
}
