/**
 * How long a runtime agent takes until it has joined (`ready`): cold, from the spawn of its process,
 * and hot, a spare process that waits for its `join`. In each a person has the notebook open and its
 * kernel runs; then cold in a notebook that nobody has open and that has no kernel. Against the bare
 * start and end of Node, in turns. Milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { RoomObserver } from '../tests/integration/room-observer.js';
import { startAgent, type Join } from './figures/started-agent.js';
import { percentile, spread } from './figures/spread.js';

const WARM_UP = 2;
const ROUNDS = 20;
/** How long a spare process waits for its `join`; by then it has loaded. */
const SPARE_FOR = 700;
const TOKEN = 'agent-token-of-the-benchmark';

function bareNode(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

/** A server whose host does nothing but grant the agent's token. */
function grantingLab(): JupyterLab {
  const python = resolve('.venv/bin/python');
  const host = [python, resolve('tests/integration/granting_host.py'), resolve('.'), TOKEN];
  return new JupyterLab({
    args: host.map(word => `--ColophonExtension.host_command=${word}`),
    env: { PYTHONPATH: [resolve('tests/e2e'), resolve('.')].join(delimiter) }
  });
}

/** How to join the notebook; nobody has it open. */
async function joinOf(lab: JupyterLab, path: string): Promise<Join> {
  const response = await lab.fetch(`api/collaboration/session/${path}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' })
  });
  const { fileId } = (await response.json()) as { fileId: string };
  return { baseUrl: lab.url, token: TOKEN, fileId, path };
}

async function startKernel(lab: JupyterLab, path: string): Promise<void> {
  await lab.fetch('api/sessions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path, name: path, type: 'notebook', kernel: { name: 'python3' } })
  });
}

async function main(): Promise<void> {
  const lab = await grantingLab().start();
  const figures = { bare: [] as number[], cold: [] as number[], hot: [] as number[] };
  const alone: number[] = [];
  try {
    const path = lab.writeNotebook('open.ipynb', { a: '' });
    const observer = await RoomObserver.join(lab, path, 'bob');
    await startKernel(lab, path);
    const join = await joinOf(lab, path);
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      figures.bare.push(bareNode());
      figures.cold.push(await startAgent(join));
      figures.hot.push(await startAgent(join, SPARE_FOR));
      const closed = lab.writeNotebook(`closed-${round}.ipynb`, { a: '' });
      alone.push(await startAgent(await joinOf(lab, closed)));
    }
    observer.leave();
  } finally {
    await lab.stop();
  }
  const bare = percentile(figures.bare.slice(WARM_UP), 0.5);
  const line = (name: string, series: readonly number[]): void => {
    const counted = series.slice(WARM_UP);
    const ratio = (percentile(counted, 0.5) / bare).toFixed(2);
    console.log(`${name.padEnd(20)} ${spread(counted)}   ratio p50 ${ratio}`);
  };
  line('node -e 0', figures.bare);
  line('agent, cold', figures.cold);
  line('agent, hot', figures.hot);
  line('cold, room closed', alone);
}

void main();
