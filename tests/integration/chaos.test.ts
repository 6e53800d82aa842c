/**
 * The real stack under random disturbances: agent and host are killed with -9 and every connection of
 * the agent is cut, again and again, while one long notebook runs. What it shows and what the history
 * tells in the end is compared with an undisturbed run. COLOPHON_CHAOS_ROUNDS says how many notebooks,
 * COLOPHON_CHAOS_SEED where the chances begin.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { IOutput } from '@jupyterlab/nbformat';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../schema/index.js';
import { eventsOf } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { Chance } from '../simulation/chance.js';
import { FlakyNetwork } from './flaky-network.js';
import { RoomObserver } from './room-observer.js';

const ROUNDS = Number(process.env['COLOPHON_CHAOS_ROUNDS'] ?? 1);
const SEED = Number(process.env['COLOPHON_CHAOS_SEED'] ?? 1);
const MOST = 16;
const LEAST = 12;
/** In one run the host starts an agent four times before it gives up. */
const AGENT_KILLS_IN_ONE_RUN = 2;

const slowly = (body: string, times = 30) =>
  `import time\nfor i in range(${times}):\n    ${body}\n    time.sleep(0.05)`;

const SOURCES = [
  slowly('print(i, flush=True)'),
  'total = 41\ntotal + 1',
  slowly("print(f'\\r{i} of 30', end='', flush=True)"),
  'import sys\n' + slowly('print(i, file=sys.stderr if i % 3 == 0 else sys.stdout, flush=True)'),
  "from IPython.display import HTML, display\nshown = display('begin', display_id='d')\n" +
    slowly("shown.update(f'step {i}')"),
  'from IPython.display import clear_output\n' +
    slowly("clear_output(wait=True); print('frame', i, flush=True)"),
  "display(HTML('<b>é😀</b>'), {'application/json': {'a': [1]}}, raw=False)",
  slowly("print('x' * 500, flush=True)"),
  "print('before')\n" + slowly('pass', 20) + "\nprint('after')\ntotal + 2",
  slowly("display({'text/plain': str(i)}, raw=True)", 25),
  'print(total)\nfor i in range(3000):\n    print(i)',
  slowly('print(i, flush=True)', 30) + '\ntotal + 3'
];
const CELLS = SOURCES.map((source, index) => ({ id: `c${index}`, source }));

interface Played {
  readonly outputs: readonly (readonly IOutput[])[];
  readonly counts: readonly (number | null)[];
  readonly states: readonly (string | undefined)[];
  readonly events: readonly Event[];
}

describe('chaos', () => {
  /** Holds the server's address as the agents are to know it. */
  const place = join(tmpdir(), `colophon-chaos-${process.pid}`);
  const lab = new JupyterLab({
    args: [
      resolve('.venv/bin/python'),
      resolve('tests/integration/host_through_network.py'),
      place,
      process.execPath,
      resolve('jupyterlab_colophon/agent/host.js')
    ].map(word => `--ColophonExtension.host_command=${word}`)
  });
  let network: FlakyNetwork;

  beforeAll(async () => {
    await lab.start();
    const before = await FlakyNetwork.before(lab.url);
    network = before.network;
    writeFileSync(place, before.url);
    await killHost();
  });
  afterAll(async () => {
    network.close();
    rmSync(place, { force: true });
    await lab.stop();
  });

  const hostPid = async () =>
    (await lab.json<{ state: string; host: { pid: number } | null }>('colophon/status')).host?.pid;

  const killHost = async () => {
    const before = await until('a host', hostPid);
    process.kill(before, 'SIGKILL');
    await until('the next host', async () => {
      const pid = await hostPid();
      return pid !== undefined && pid !== before;
    });
  };

  const killAgent = async (stream: string) => {
    const health = await lab.fetch('colophon/api/health');
    const { agents = [] } = (await health.json()) as { agents?: { stream: string; pid: number }[] };
    const agent = agents.find(each => each.stream === stream);
    if (agent !== undefined) {
      process.kill(agent.pid, 'SIGKILL');
    }
  };

  /** Where everything stands, to explain a halt. */
  const standing = async (stream: string) => {
    const paths = [
      `colophon/api/views/runtime?stream=${encodeURIComponent(stream)}`,
      ...['colophon/api/health', 'colophon/status', 'api/kernels']
    ];
    const answers = await Promise.all(
      paths.map(path => lab.json(path).catch((error: unknown) => String(error)))
    );
    const last = (await eventsOf(lab, stream)).slice(-12);
    return [...answers, ...last].map(each => JSON.stringify(each)).join('\n');
  };

  /** Runs the notebook; `disturb` is called again and again until it has run. */
  const play = async (
    name: string,
    chance: Chance,
    disturb?: (stream: string, busy: string) => Promise<void>
  ) => {
    const sources = Object.fromEntries(CELLS.map(({ id, source }) => [id, source]));
    const observer = await RoomObserver.join(lab, lab.writeNotebook(name, sources));
    const stream = `/notebooks/${observer.fileId}`;
    let changes = 0;
    observer.notebook.ydoc.on('update', () => (changes += 1));
    const answer = await requestRun(lab, stream, sources);
    expect(answer.status).toBe(200);
    const state = (id: string) => observer.cell(id)?.executionState;
    const busy = () => CELLS.find(({ id }) => state(id) === 'running')?.id;
    // While no host is there, nobody can tell.
    const told = () => eventsOf(lab, stream).catch((): Event[] => []);
    const ended = async () =>
      (await told()).filter(({ type }) => type === 'execution.finished').length >= CELLS.length;
    while (!(await ended())) {
      const running = busy();
      if (disturb !== undefined && running !== undefined) {
        await disturb(stream, running);
      }
      const seen = changes;
      const pause = 2 + chance.below(5);
      const goesOn = async () => changes > seen + pause || (await ended());
      await until('it goes on', goesOn).catch(async (error: unknown) => {
        throw new Error(await standing(stream), { cause: error });
      });
    }
    await until('nothing seems to run', () => busy() === undefined);
    const events = await until('the history is whole', async () => {
      const all = await told();
      return all.filter(({ type }) => type === 'execution.finished').length >= CELLS.length && all;
    });
    const played: Played = {
      outputs: CELLS.map(({ id }) => observer.cell(id)?.outputs ?? []),
      counts: CELLS.map(({ id }) => observer.cell(id)?.executionCount ?? null),
      states: CELLS.map(({ id }) => state(id)),
      events
    };
    observer.leave();
    return played;
  };

  it(
    '[Z3] agents and hosts killed with -9 and connections cut again and again, a long notebook ends as without',
    { timeout: 180_000 * ROUNDS },
    async () => {
      const calm = await play('calm.ipynb', new Chance(SEED));
      expect(calm.counts).toEqual(CELLS.map((_, index) => index + 1));
      for (let round = 0; round < ROUNDS; round += 1) {
        const chance = new Chance(SEED + round);
        const done: string[] = [];
        const wild = await play(`wild-${round}.ipynb`, chance, async (stream, running) => {
          if (done.length >= MOST) {
            return;
          }
          const kills = done.filter(each => each === `agent in ${running}`).length;
          const choices =
            kills < AGENT_KILLS_IN_ONE_RUN ? ['agent', 'host', 'cut', 'cut'] : ['cut'];
          const which = chance.of(choices);
          done.push(`${which} in ${running}`);
          if (which === 'agent') {
            await killAgent(stream);
          } else if (which === 'host') {
            await killHost();
          } else {
            network.cut();
          }
        });
        const story = `seed ${SEED + round}: ${done.join(', ')}`;
        expect(done.length, story).toBeGreaterThanOrEqual(LEAST);
        expect({ ...wild, events: [] }, story).toEqual({ ...calm, events: [] });
        expect(runsOf(wild.events), story).toEqual(runsOf(calm.events));
        const offsets = wild.events.map(({ offset }) => offset);
        expect(offsets, story).toEqual(offsets.map((_, index) => index + 1));
      }
    }
  );
});

/**
 * What the history tells of the runs: what was asked for, what began and what ended, each in order. A run
 * may begin before the end of the one before it is told.
 */
function runsOf(events: readonly Event[]): Record<'asked' | 'begun' | 'ended', unknown[]> {
  return {
    asked: events.flatMap(({ type, data }) =>
      type === 'execution.requested' ? [data.cellId] : []
    ),
    begun: events.flatMap(({ type, data }) => (type === 'execution.started' ? [data.cellId] : [])),
    ended: events.flatMap(({ type, data }) =>
      type === 'execution.finished' ? [[data.cellId, data.outcome, data.executionCount]] : []
    )
  };
}
