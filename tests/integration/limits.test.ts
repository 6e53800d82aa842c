/** Limits of a notebook on the whole system: server, host, agents and kernels as people run them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventOf } from '../../schema/index.js';
import { eventually, factsOf } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

const lab = new JupyterLab({
  args: [
    '--ColophonExtension.limit_grace_seconds=1',
    '--ColophonExtension.max_wall_seconds=60',
    '--MappingKernelManager.cull_idle_timeout=3',
    '--MappingKernelManager.cull_interval=1',
    '--MappingKernelManager.cull_busy=True',
    '--ColophonExtension.agent_idle_seconds=1'
  ]
});
beforeAll(() => lab.start());
afterAll(() => lab.stop());

interface Opened {
  readonly alice: RoomObserver;
  readonly stream: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** A notebook whose metadata asks for these limits. */
async function open(
  name: string,
  cells: Readonly<Record<string, string>>,
  limits: object
): Promise<Opened> {
  const path = lab.writeNotebook(name, cells);
  const file = join(lab.root, path);
  const notebook = JSON.parse(readFileSync(file, 'utf8')) as { metadata: object };
  const metadata = { ...notebook.metadata, colophon: { limits } };
  writeFileSync(file, JSON.stringify({ ...notebook, metadata }));
  const alice = await RoomObserver.join(lab, path);
  return { alice, stream: `/notebooks/${alice.fileId}`, cells };
}

async function run({ stream, cells }: Opened, ids = Object.keys(cells)): Promise<void> {
  const wanted = Object.fromEntries(ids.map(id => [id, cells[id]!]));
  const { status } = await requestRun(lab, stream, wanted);
  expect(status).toBe(200);
}

const finish = ({ stream }: Opened, cellId: string, more = 0) =>
  eventually(
    lab,
    stream,
    'execution.finished',
    event => event.data.cellId === cellId && event.offset > more,
    40_000
  );

const limitsOf = ({ stream }: Opened): Promise<EventOf<'execution.limit-reached'>[]> =>
  factsOf(lab, stream, 'execution.limit-reached');

describe('limits', () => {
  it('[C8] a run at the limit of its notebook ends with an error that names it; the kernel lives, the event is recorded', async () => {
    const notebook = await open(
      'memory.ipynb',
      {
        before: 'kept = 41',
        greedy:
          'import time\nhoard = []\nwhile True:\n    hoard.append(b"x" * (16 << 20))\n    time.sleep(0.03)',
        after: 'del hoard\nprint(kept + 1)'
      },
      { memoryBytes: 400_000_000 }
    );
    const other = await open(
      'other.ipynb',
      { a: 'import time\ntime.sleep(4)\nprint("spared")' },
      {}
    );
    await run(other);
    await run(notebook);
    const { data } = await finish(notebook, 'greedy');
    expect(data.outcome).toBe('interrupted');
    expect(data.reason).toMatch(
      /^The run reached its limit of memory: 400 MB are allowed, .* MB\.$/
    );
    const shown = notebook.alice.cell('greedy')!.outputs as { ename?: string; evalue?: string }[];
    expect(shown.map(({ ename }) => ename)).toEqual(['LimitReached', 'KeyboardInterrupt']);
    expect(shown[0]!.evalue).toBe(data.reason);
    expect((await finish(notebook, 'after')).data.outcome).toBe('cancelled');
    const [fact, ...others] = await limitsOf(notebook);
    expect(others).toEqual([]);
    expect(fact!.data).toMatchObject({ cellId: 'greedy', limit: 'memory', allowed: 400_000_000 });
    expect(fact!.data.used).toBeGreaterThan(400_000_000);
    const so = (await finish(notebook, 'after')).offset;
    await run(notebook, ['after']);
    expect((await finish(notebook, 'after', so)).data.outcome).toBe('ok');
    await until('the kernel still has it', () => notebook.alice.text('after') === '42\n');
    expect((await finish(other, 'a')).data.outcome).toBe('ok');
    expect(other.alice.text('a')).toBe('spared\n');
    expect(await limitsOf(other)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    '[C25] a run that takes far more memory at once than it may is refused it, ends with an error that names the limit, and its kernel lives (Linux; others have no bound from outside)',
    async () => {
      const notebook = await open(
        'at-once.ipynb',
        {
          before: 'kept = 41',
          greedy: 'import time; time.sleep(0.3)\nhoard = b"x" * (16 << 30)',
          next: 'print("not reached")',
          after: 'print(kept + 1)'
        },
        { memoryBytes: 400_000_000 }
      );
      await run(notebook, ['before', 'greedy', 'next']);
      const { data } = await finish(notebook, 'greedy');
      expect(data.outcome).toBe('interrupted');
      expect(data.reason).toMatch(
        /^The run reached its limit of memory: 400 MB are allowed, the kernel used .* MB and was refused more\.$/
      );
      const shown = notebook.alice.cell('greedy')!.outputs as { ename?: string }[];
      expect(shown.map(({ ename }) => ename)).toEqual(['MemoryError', 'LimitReached']);
      expect((await finish(notebook, 'next')).data.outcome).toBe('cancelled');
      const [fact, ...others] = await limitsOf(notebook);
      expect(others).toEqual([]);
      expect(fact!.data).toMatchObject({ cellId: 'greedy', limit: 'memory', allowed: 400_000_000 });
      await run(notebook, ['after']);
      expect((await finish(notebook, 'after')).data.outcome).toBe('ok');
      expect(notebook.alice.text('after')).toBe('42\n');
    }
  );

  it('[C9] a limit holds while the agent is gone, and is recorded once', async () => {
    const source =
      'import time\nfor i in range(1000):\n    print(i, flush=True)\n    time.sleep(0.1)';
    const notebook = await open('gone.ipynb', { a: source }, { wallSeconds: 3 });
    await run(notebook);
    await until('it prints', () => notebook.alice.text('a').includes('3\n'));
    const { agents } = await lab.json<{ agents: { stream: string; pid: number }[] }>(
      'colophon/api/health'
    );
    process.kill(agents.find(each => each.stream === notebook.stream)!.pid, 'SIGKILL');
    const { data } = await finish(notebook, 'a');
    expect(data).toMatchObject({ outcome: 'interrupted', error: { ename: 'LimitReached' } });
    expect(data.reason).toContain('limit of time: 3 s');
    expect(await limitsOf(notebook)).toHaveLength(1);
    const errors = (notebook.alice.cell('a')!.outputs as { ename?: string }[])
      .map(({ ename }) => ename)
      .filter(ename => ename !== undefined);
    expect(errors).toEqual(['LimitReached', 'KeyboardInterrupt']);
  });

  it('[C10] a run that does not heed the interrupt loses its kernel, and the next run has a new one', async () => {
    const notebook = await open(
      'stubborn.ipynb',
      {
        a: 'import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(1)',
        b: 'print("new")'
      },
      { cpuSeconds: 100, wallSeconds: 1 }
    );
    await run(notebook, ['a']);
    const { data } = await finish(notebook, 'a');
    expect(data.outcome).toBe('interrupted');
    expect(data.reason).toMatch(/limit of time: 1 s .* The kernel died while the cell ran\.$/);
    await run(notebook, ['b']);
    expect((await finish(notebook, 'b')).data.outcome).toBe('ok');
    expect(notebook.alice.text('b')).toBe('new\n');
  });

  it('[C14] a silent run outlives every culler, and its kernel is culled once run and agent are over', async () => {
    const source = 'import time\ntime.sleep(8)\nprint("whole")';
    const notebook = await open('silent.ipynb', { a: source }, {});
    await run(notebook);
    expect((await finish(notebook, 'a')).data.outcome).toBe('ok');
    expect(notebook.alice.text('a')).toBe('whole\n');
    // Alice's page would hold the kernel by its own connection; a peer of the room alone does not.
    notebook.alice.leave();
    await until(
      'its kernel is culled',
      async () => (await lab.json<unknown[]>('api/kernels?no_track_activity=1')).length === 0,
      40_000
    );
  });
});
