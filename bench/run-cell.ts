/**
 * From the request to the output: a cell that prints one line, asked for by one person over HTTP
 * through Jupyter Server and seen by another person's peer in the room, against the same execute
 * request on the bare kernel websocket, and against the same cell run by jupyter-server-nbmodel and
 * seen by the same peer. Same server, same kernel, in turns. A tail of the notebook's history is open
 * all the while, as it is in JupyterLab. Then what a request costs in Jupyter Server that asks for
 * nothing much. Milliseconds; COLOPHON_ROUNDS says how often.
 */
import { Agent, request } from 'node:http';
import { delimiter, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { KernelConnection, KernelMessage, ServerConnection } from '@jupyterlab/services';
import { sourceHash } from '../agent/core/digest.js';
import { eventsOf } from '../tests/e2e/history.js';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { until } from '../tests/e2e/until.js';
import { RoomObserver } from '../tests/integration/room-observer.js';
import type { Event } from '../schema/index.js';
import { follow } from './figures/follow.js';
import { enableNbmodel, installNbmodel, runByNbmodel } from './figures/nbmodel.js';
import { percentile, spread } from './figures/spread.js';

const WARM_UP = 30;
const ROUNDS = Number(process.env['COLOPHON_ROUNDS'] ?? 300);
/** Between two runs, so that none works off what the one before has left. */
const REST = 60;

const CELL = 'a';
const SOURCE = 'print("line", next(numbers))';
const SET_UP = 'import itertools; numbers = itertools.count()';

/** One run through Colophon: when each thing was seen, in ms after the request. */
interface Run {
  readonly answered: number;
  readonly shownRunning: number;
  readonly shownOutput: number;
  readonly finished: number;
}

class Notebook {
  readonly #connections = new Agent({ keepAlive: true });
  readonly #asked = { at: 0 };
  #shown = '';
  #output: ((at: number) => void) | undefined;
  #running: ((at: number) => void) | undefined;
  #finished: ((at: number) => void) | undefined;

  constructor(
    private readonly lab: JupyterLab,
    private readonly stream: string,
    private readonly observer: RoomObserver
  ) {
    observer.notebook.ydoc.on('update', () => {
      const now = performance.now();
      const cell = observer.notebook.cells[0]?.ymodel;
      if (cell?.get('execution_state') === 'running') {
        this.#running?.(now);
      }
      // Each run prints another number.
      const shown = observer.text(CELL);
      if (shown !== '' && shown !== this.#shown) {
        this.#shown = shown;
        this.#output?.(now);
      }
    });
  }

  take(event: Event): void {
    if (event.type === 'execution.finished') {
      this.#finished?.(performance.now());
    }
  }

  async run(): Promise<Run> {
    const running = this.#seen(how => (this.#running = how));
    const output = this.#seen(how => (this.#output = how));
    const finished = this.#seen(how => (this.#finished = how));
    const body = JSON.stringify({
      id: crypto.randomUUID(),
      stream: this.stream,
      type: 'execution.request',
      data: { cells: [{ cellId: CELL, sourceHash: sourceHash(SOURCE) }] }
    });
    this.#asked.at = performance.now();
    await this.#ask('POST', 'colophon/api/commands', body);
    const answered = performance.now() - this.#asked.at;
    return {
      answered,
      shownRunning: await running,
      shownOutput: await output,
      finished: await finished
    };
  }

  /** Milliseconds from the request to jupyter-server-nbmodel until the second peer sees the output. */
  async runByNbmodel(kernelId: string): Promise<number> {
    const output = this.#seen(how => (this.#output = how));
    const { fileId } = this.observer;
    this.#asked.at = performance.now();
    const run = { kernelId, fileId, cellId: CELL, code: SOURCE };
    const end = await runByNbmodel((...asked) => this.#ask(...asked), run);
    const shown = await output;
    await end();
    return shown;
  }

  #seen(tell: (how: (at: number) => void) => void): Promise<number> {
    return new Promise(resolve => tell(at => resolve(at - this.#asked.at)));
  }

  close(): void {
    this.observer.leave();
    this.#connections.destroy();
  }

  /** Milliseconds that a plain request of Jupyter Server's own takes on the same connection. */
  async plainRequest(): Promise<number> {
    const asked = performance.now();
    await this.#ask('GET', 'api/status');
    return performance.now() - asked;
  }

  #ask(method: string, path: string, body = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = {
        Authorization: 'token alice-token',
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body)
      };
      const asked = request(
        `${this.lab.url}${path}`,
        { method, agent: this.#connections, headers },
        response => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            response.statusCode === 200 || response.statusCode === 202
              ? resolve(text)
              : reject(new Error(`${response.statusCode} ${text}`))
          );
        }
      );
      asked.on('error', reject).end(body);
    });
  }
}

/** Milliseconds from sending the same source on the kernel's websocket to its stream message. */
async function bareRun(kernel: KernelConnection): Promise<number> {
  const sent = performance.now();
  const future = kernel.requestExecute({ code: SOURCE });
  const shown = await new Promise<number>(resolve => {
    future.onIOPub = message => {
      if (KernelMessage.isStreamMsg(message)) {
        resolve(performance.now() - sent);
      }
    };
  });
  await future.done;
  return shown;
}

async function connect(lab: JupyterLab, id: string): Promise<KernelConnection> {
  const kernel = new KernelConnection({
    model: { id, name: 'python3' },
    serverSettings: ServerConnection.makeSettings({
      baseUrl: lab.url,
      wsUrl: lab.url.replace(/^http/, 'ws'),
      token: 'alice-token',
      appendToken: true
    })
  });
  await kernel.info;
  await kernel.requestExecute({ code: SET_UP }).done;
  return kernel;
}

interface Figures {
  readonly runs: Run[];
  readonly bare: number[];
  readonly nbmodel: number[];
  readonly plain: number[];
}

function report({ runs, bare, nbmodel, plain }: Figures): void {
  const colophon = runs.map(run => run.shownOutput);
  const ratio = (to: readonly number[], share: number): string =>
    (percentile(colophon, share) / percentile(to, share)).toFixed(2);
  console.log(`colophon, second peer   ${spread(colophon)}`);
  console.log(`bare kernel socket      ${spread(bare)}`);
  console.log(`nbmodel, second peer    ${spread(nbmodel)}`);
  console.log(`ratio to bare           p50 ${ratio(bare, 0.5)}   p99 ${ratio(bare, 0.99)}`);
  console.log(`ratio to nbmodel        p50 ${ratio(nbmodel, 0.5)}   p99 ${ratio(nbmodel, 0.99)}`);
  console.log(`  request answered      ${spread(runs.map(run => run.answered))}`);
  console.log(`  shown as running      ${spread(runs.map(run => run.shownRunning))}`);
  console.log(`  end in the history    ${spread(runs.map(run => run.finished))}`);
  console.log(`plain HTTP request      ${spread(plain)}`);
}

async function main(): Promise<void> {
  const found = [installNbmodel(), process.env['PYTHONPATH'] ?? ''].join(delimiter);
  const lab = new JupyterLab({
    env: { PYTHONPATH: [resolve('tests/e2e'), found].join(delimiter) }
  });
  enableNbmodel(lab);
  await lab.start();
  try {
    const path = lab.writeNotebook('run.ipynb', { [CELL]: SOURCE });
    const observer = await RoomObserver.join(lab, path, 'bob');
    const stream = `/notebooks/${observer.fileId}`;
    const notebook = new Notebook(lab, stream, observer);
    const leave = await follow(lab, stream, event => notebook.take(event));
    // The first run starts the agent and the kernel; it fails, because nothing is counted yet.
    await Promise.race([notebook.run(), until('a kernel', () => started(lab, stream))]);
    const sessions = await lab.json<{ kernel: { id: string } }[]>('api/sessions');
    const kernelId = sessions[0]!.kernel.id;
    const kernel = await connect(lab, kernelId);
    const figures: Figures = { runs: [], bare: [], nbmodel: [], plain: [] };
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      await pause(REST);
      const measured = {
        runs: await notebook.run(),
        bare: await pause(REST, kernel).then(bareRun),
        nbmodel: await pause(REST, kernelId).then(id => notebook.runByNbmodel(id)),
        plain: await pause(REST).then(() => notebook.plainRequest())
      };
      if (round >= WARM_UP) {
        figures.runs.push(measured.runs);
        figures.bare.push(measured.bare);
        figures.nbmodel.push(measured.nbmodel);
        figures.plain.push(measured.plain);
      }
    }
    kernel.dispose();
    await leave();
    notebook.close();
    report(figures);
  } finally {
    await lab.stop();
  }
}

async function started(lab: JupyterLab, stream: string): Promise<true | undefined> {
  const events = await eventsOf(lab, stream);
  return events.some(event => event.type === 'execution.finished') || undefined;
}

void main();
