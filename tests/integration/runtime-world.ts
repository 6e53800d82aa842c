/** One Jupyter Server with Colophon's extension, notebooks, and runtime agents that it trusts. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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

  constructor() {
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
        ...host.map(word => `--ColophonExtension.host_command=${word}`)
      ],
      env: { PYTHONPATH: [resolve('tests/e2e'), resolve('.')].join(delimiter) }
    });
  }

  async start(): Promise<this> {
    await this.lab.start();
    return this;
  }

  /** A notebook of empty code cells, open in a person's room. */
  async open(name: string, cells: readonly string[], kernel = 'python3'): Promise<OpenNotebook> {
    const path = this.lab.writeNotebook(name, Object.fromEntries(cells.map(id => [id, ''])));
    const file = join(this.lab.root, path);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"python3"', JSON.stringify(kernel)));
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
  async reference(sources: readonly string[]): Promise<unknown[][]> {
    return new Promise((done, failed) => {
      const child = execFile(
        this.python,
        [resolve('tests/integration/reference_outputs.py')],
        { maxBuffer: 1 << 28 },
        (error, stdout) =>
          error instanceof Error ? failed(error) : done(JSON.parse(stdout) as unknown[][])
      );
      child.stdin!.end(JSON.stringify(sources));
    });
  }

  async stop(): Promise<void> {
    this.observers.forEach(observer => observer.leave());
    this.agents.forEach(agent => agent.kill());
    await this.lab.stop();
  }
}
