/**
 * How long a notebook of 500 short cells takes: all of them asked for in one request over HTTP, until
 * the end of the last is in the history, with another person's peer in the room; against nbclient on the
 * very same kernel, and nbclient and papermill with their own, without the start of it. Seconds.
 */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { requestRun } from '../tests/e2e/orders.js';
import { RoomObserver } from '../tests/integration/room-observer.js';
import { follow } from './figures/follow.js';
import { percentile } from './figures/spread.js';

const CELLS = 500;
const ROUNDS = 5;

const sources = new Map(
  Array.from({ length: CELLS }, (_, number) => [`c${number}`, `print(${number})`])
);

/** Runs cells of the notebook; settles with the seconds until the last of them has ended. */
async function runCells(lab: JupyterLab, stream: string, cellIds: string[]): Promise<number> {
  let ended = 0;
  const all = Promise.withResolvers<number>();
  const wanted = Object.fromEntries(cellIds.map(cellId => [cellId, sources.get(cellId)!]));
  const leave = await follow(lab, stream, event => {
    ended += event.type === 'execution.finished' ? 1 : 0;
    if (ended === cellIds.length) {
      all.resolve(performance.now());
    }
  });
  const began = performance.now();
  const { status, body } = await requestRun(lab, stream, wanted);
  if (status !== 200) {
    throw new Error(`${status} ${JSON.stringify(body)}`);
  }
  const seconds = ((await all.promise) - began) / 1000;
  await leave();
  return seconds;
}

type Series = Record<string, number[]>;

async function onOneKernel(): Promise<Series> {
  const lab = await new JupyterLab().start();
  try {
    const path = lab.writeNotebook('many.ipynb', Object.fromEntries(sources));
    const observer = await RoomObserver.join(lab, path, 'bob');
    const stream = `/notebooks/${observer.fileId}`;
    // Starts the agent and the kernel.
    await runCells(lab, stream, ['c0']);
    const series: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      series.push(await runCells(lab, stream, [...sources.keys()]));
    }
    observer.leave();
    return { Colophon: series, ...(await byOthers(await connectionFile(lab))) };
  } finally {
    await lab.stop();
  }
}

/** Where the only kernel of the server is reached. */
async function connectionFile(lab: JupyterLab): Promise<string> {
  const [kernel] = await lab.json<{ id: string }[]>('api/kernels');
  return join(lab.runtime, `kernel-${kernel!.id}.json`);
}

/** nbclient on that kernel, else nbclient and papermill on kernels of their own. */
async function byOthers(...kernel: string[]): Promise<Series> {
  const program = join(import.meta.dirname, 'figures', 'reference_runs.py');
  const args = [program, `${CELLS}`, `${ROUNDS}`, ...kernel];
  const { stdout } = await promisify(execFile)(resolve('.venv/bin/python'), args);
  return JSON.parse(stdout) as Series;
}

async function main(): Promise<void> {
  const series: Series = { ...(await onOneKernel()), ...(await byOthers()) };
  const ours = series['Colophon']!;
  for (const [name, seconds] of Object.entries(series)) {
    const ratio = percentile(ours, 0.5) / percentile(seconds, 0.5);
    const figures = [0.5, 0, 1].map(share => percentile(seconds, share).toFixed(2));
    console.log(
      `${name.padEnd(12)} p50 ${figures[0]} s   least ${figures[1]} s   most ${figures[2]} s   ratio of Colophon to it ${ratio.toFixed(2)}`
    );
  }
}

void main();
