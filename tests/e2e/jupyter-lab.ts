/**
 * A real JupyterLab server for tests: its own notebook root and Jupyter directories below one
 * scratch folder, two named users by token, everything else as installed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { checkedFetch } from '../openapi-check.js';
import { keepLog } from './kept-logs.js';
import { until } from './until.js';

/** How long a server may take to end, in ms. */
const PATIENCE = 6000;

/** alice and bob of two_users.py; all of four_users.py. */
export type UserName = 'alice' | 'bob' | 'carol' | 'dan';

export interface LabOptions {
  /** Extra traitlets, e.g. `--YDocExtension.document_cleanup_delay=5`. */
  readonly args?: readonly string[];
  /** Below which the server lives; ends in a slash. */
  readonly baseUrl?: string;
  /** Class of the identity provider; two_users.TwoUsers if it is not said. */
  readonly identityProvider?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The same server as if Colophon were not installed: to compare with. */
  readonly withoutColophon?: boolean;
}

/** One server. `stop` ends it and removes its folder; `kill` is kill -9. */
export class JupyterLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'colophon-lab-'));
  readonly root = join(this.folder, 'notebooks');
  /** Where connection files of kernels are. */
  readonly runtime = join(this.folder, 'runtime');
  readonly data = join(this.folder, 'data');
  readonly log: string[] = [];
  url = '';
  private process: ChildProcess | undefined;

  constructor(private readonly options: LabOptions = {}) {
    keepLog('JupyterLab', () => this.log.join(''));
    for (const folder of [this.root, this.data, this.in('config'), this.runtime]) {
      mkdirSync(folder, { recursive: true });
    }
  }

  /** The process id of the Jupyter Server. */
  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Starts (again), on a free port; settles once the server answers. */
  async start(): Promise<this> {
    const jupyter = resolve(process.env['COLOPHON_JUPYTER'] ?? '.venv/bin/jupyter');
    if (!existsSync(jupyter)) {
      throw new Error(`No ${jupyter}: run "make test", or set COLOPHON_JUPYTER`);
    }
    rmSync(this.runtime, { recursive: true, force: true });
    mkdirSync(this.runtime);
    const child = spawn(
      jupyter,
      [
        'lab',
        '--no-browser',
        '--allow-root',
        '--ip=127.0.0.1',
        '--port=0',
        `--ServerApp.root_dir=${this.root}`,
        `--ServerApp.base_url=${this.options.baseUrl ?? '/'}`,
        `--ServerApp.identity_provider_class=${this.options.identityProvider ?? 'two_users.TwoUsers'}`,
        '--LabApp.expose_app_in_browser=True',
        '--LabApp.news_url=None',
        '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
        ...(this.options.withoutColophon === true ? this.disabled() : []),
        ...(this.options.args ?? [])
      ],
      {
        cwd: this.root,
        env: {
          ...process.env,
          PYTHONPATH: [resolve('tests/e2e'), process.env['PYTHONPATH'] ?? ''].join(delimiter),
          JUPYTER_DATA_DIR: this.data,
          JUPYTER_CONFIG_DIR: this.in('config'),
          JUPYTER_RUNTIME_DIR: this.runtime,
          IPYTHONDIR: this.in('ipython'),
          HOME: this.folder,
          ...this.options.env
        },
        stdio: ['ignore', 'pipe', 'pipe']
      }
    );
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    }
    const file = await until('the server writes its runtime file', () => {
      if (child.exitCode !== null) {
        throw new Error(`jupyter lab ended:\n${this.log.join('')}`);
      }
      return readdirSync(this.runtime).find(name => /^jpserver-\d+\.json$/.test(name));
    });
    this.url = await until('its address', () => {
      const text = readFileSync(join(this.runtime, file), 'utf8');
      return text === '' ? undefined : (JSON.parse(text) as { url: string }).url;
    });
    if (this.options.withoutColophon === true) {
      return this;
    }
    await until('Colophon’s host runs, or cannot', async () => {
      const answer = await this.fetch('colophon/status').catch(() => undefined);
      return (
        answer?.ok === true && ((await answer.json()) as { state: string }).state !== 'starting'
      );
    });
    return this;
  }

  /** A request of a user by token. */
  fetch(path: string, init: RequestInit = {}, user: UserName = 'alice'): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `token ${user}-token`);
    return checkedFetch(`${this.url}colophon/`, this.url + path, { ...init, headers });
  }

  /** The JSON answer of a GET; throws with the body if it is not 200. */
  async json<T>(path: string, user: UserName = 'alice'): Promise<T> {
    const response = await this.fetch(path, { headers: { Accept: 'application/json' } }, user);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`GET ${path}: ${response.status} ${text}`);
    }
    return JSON.parse(text) as T;
  }

  /** Writes a notebook of code cells, given as id → source, into the root; gives its path. */
  writeNotebook(name: string, cells: Readonly<Record<string, string>>): string {
    const notebook = {
      cells: Object.entries(cells).map(([id, source]) => ({
        cell_type: 'code',
        execution_count: null,
        id,
        metadata: {},
        outputs: [],
        source
      })),
      metadata: {
        kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' },
        language_info: { name: 'python' }
      },
      nbformat: 4,
      nbformat_minor: 5
    };
    writeFileSync(join(this.root, name), JSON.stringify(notebook));
    return name;
  }

  /** The notebook as it is on disk. */
  readNotebook(name: string): Notebook {
    return JSON.parse(readFileSync(join(this.root, name), 'utf8')) as Notebook;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.end(signal);
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const ended = new Promise(done => child.once('exit', done));
    child.kill(signal);
    // A server with an open room may hang in the end of its threads; it has closed everything by then.
    const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(impatient);
  }

  /** Turns both halves of Colophon off: the server's by the argument that it gives, and the page's. */
  private disabled(): string[] {
    mkdirSync(this.in('config/labconfig'), { recursive: true });
    writeFileSync(
      this.in('config/labconfig/page_config.json'),
      JSON.stringify({ disabledExtensions: { 'jupyterlab-colophon': true } })
    );
    return ["--ServerApp.jpserver_extensions={'jupyterlab_colophon': False}"];
  }

  private in(name: string): string {
    return join(this.folder, name);
  }
}

export interface Notebook {
  readonly cells: readonly {
    readonly id: string;
    readonly cell_type: string;
    readonly source: string | readonly string[];
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly execution_count?: number | null;
    readonly outputs?: readonly {
      readonly output_type: string;
      readonly name?: string;
      readonly text?: string | readonly string[];
      readonly data?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}
