/**
 * How long a notebook of 500 short cells takes: all of them asked for in one request over HTTP, until
 * the end of the last is in the history, with another person's peer in the room; against nbclient and
 * papermill on the same machine, each without the start of its kernel. Seconds.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { sourceHash } from '../agent/core/digest.js';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
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
  const cells = cellIds.map(cellId => ({ cellId, sourceHash: sourceHash(sources.get(cellId)!) }));
  const leave = await follow(lab, stream, event => {
    ended += event.type === 'execution.finished' ? 1 : 0;
    if (ended === cells.length) {
      all.resolve(performance.now());
    }
  });
  const command = { id: crypto.randomUUID(), stream, type: 'execution.request', data: { cells } };
  const began = performance.now();
  const answer = await lab.fetch('colophon/api/commands', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(command)
  });
  if (!answer.ok) {
    throw new Error(`${answer.status} ${await answer.text()}`);
  }
  const seconds = ((await all.promise) - began) / 1000;
  await leave();
  return seconds;
}

async function byColophon(): Promise<number[]> {
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
    return series;
  } finally {
    await lab.stop();
  }
}

function byOthers(): Record<'nbclient' | 'papermill', number[]> {
  const program = join(import.meta.dirname, 'figures', 'reference_runs.py');
  const said = execFileSync(resolve('.venv/bin/python'), [program, `${CELLS}`, `${ROUNDS}`]);
  return JSON.parse(said.toString()) as Record<'nbclient' | 'papermill', number[]>;
}

async function main(): Promise<void> {
  const ours = await byColophon();
  const series = { colophon: ours, ...byOthers() };
  for (const [name, seconds] of Object.entries(series)) {
    const ratio = percentile(ours, 0.5) / percentile(seconds, 0.5);
    const figures = [0.5, 0, 1].map(share => percentile(seconds, share).toFixed(2));
    console.log(
      `${name.padEnd(12)} p50 ${figures[0]} s   least ${figures[1]} s   most ${figures[2]} s   ratio of Colophon to it ${ratio.toFixed(2)}`
    );
  }
}

void main();
