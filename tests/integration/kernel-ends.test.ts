/** The end of a kernel while runs wait behind the one that it has, on a server that starts no kernel again. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FromAgent } from '../../schema/index.js';
import { until } from '../e2e/until.js';
import { runMessage } from './agent-process.js';
import { RuntimeWorld } from './runtime-world.js';

const world = new RuntimeWorld([
  '--AsyncIOLoopKernelRestarter.restart_limit=0',
  '--AsyncIOLoopKernelRestarter.time_to_dead=0.5'
]);
beforeAll(() => world.start());
afterAll(() => world.stop());

describe('runs whose kernel ends', () => {
  it('[DK5] end when it cannot be started again; what waits runs in a new kernel', async () => {
    const notebook = await world.open('dead.ipynb', ['dies', 'waits']);
    const agent = await world.agent(notebook);
    const dies = runMessage('dies', 'import os; os.kill(os.getpid(), 9)');
    const waits = runMessage('waits', "print('dies' in globals())");
    agent.tell(dies);
    agent.tell(waits);
    const { outcome, reason } = await agent.finished(dies);
    expect([outcome, reason]).toEqual(['interrupted', expect.stringMatching(/The kernel died/)]);
    expect(await agent.finished(waits)).toMatchObject({ outcome: 'ok', executionCount: 1 });
    await until('its output', () => notebook.observer.text('waits') === 'False\n');
    expect(notebook.observer.cell('dies')!.executionState).toBe('idle');
  });

  it('[DK6] while one asks a question, because somebody shuts it down: that one ends, and who runs a cell or opens a page at once gets the same new kernel', async () => {
    const notebook = await world.open('shut.ipynb', ['asks', 'next', 'again']);
    const agent = await world.agent(notebook);
    const asks = runMessage('asks', "old = input('?')");
    agent.tell(asks);
    await agent.message('input-requested');
    const sessions = async () =>
      (await world.lab.json<Session[]>('api/sessions')).filter(({ path }) => path === 'shut.ipynb');
    const [before] = await sessions();
    const answer = world.lab.fetch(`api/sessions/${before!.id}`, { method: 'DELETE' });
    expect((await agent.finished(asks)).outcome).toBe('interrupted');
    const next = runMessage('next', "print('old' in globals())");
    agent.tell(next);
    const pages = await Promise.all([answer, page('shut.ipynb'), page('shut.ipynb')]);
    expect(pages.map(({ status }) => status)).toEqual([204, 201, 201]);
    // The old kernel may have got it, if it ends slowly.
    const { outcome, reason = '' } = await agent.finished(next);
    expect([outcome, reason]).toEqual(
      outcome === 'ok' ? ['ok', ''] : ['interrupted', expect.stringMatching(/shut down before/)]
    );
    expect(await agent.run(runMessage('again', "print('old' in globals())"))).toMatchObject({
      outcome: 'ok'
    });
    await until('its output', () => notebook.observer.text('again') === 'False\n');
    const [now, ...more] = await sessions();
    expect([now!.id === before!.id, more]).toEqual([false, []]);
    const started = agent.messages.filter(each => each.type === 'started');
    expect(started.at(-1)).toMatchObject({ cellId: 'again', kernelId: now!.kernel.id });
    expect(notebook.observer.cell('asks')!.executionState).toBe('idle');
  });

  it('[DK16] or never answers: an agent that finds it so is ready all the same, and a run that is interrupted ends', async () => {
    world.installKernel('silent', 'tests/integration/silent_kernel.py');
    const notebook = await world.open('silent.ipynb', ['waits'], 'silent');
    await page('silent.ipynb', world, 'silent');
    const agent = await world.agent(notebook);
    const waits = runMessage('waits', '1');
    agent.tell(waits);
    agent.tell({ type: 'interrupt' });
    const { outcome, reason } = await agent.finished(waits);
    expect([outcome, reason]).toEqual(['interrupted', 'The run was interrupted.']);
    expect(notebook.observer.cell('waits')!.executionState).toBe('idle');
  });

  it('[DK9] or starts again: a run that waits for it and is interrupted ends at once, and never runs', async () => {
    const notebook = await world.open('starts.ipynb', ['before', 'waits', 'next']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('before', '1'));
    agent.tell({ type: 'restart-kernel' });
    const waits = runMessage('waits', 'ran = True');
    agent.tell(waits);
    agent.tell({ type: 'interrupt' });
    const end = await agent.finished(waits);
    expect([end.outcome, end.reason]).toEqual(['interrupted', 'The run was interrupted.']);
    const told = (each: FromAgent) => each.type === 'kernel' && each.change === 'restarted';
    expect(agent.messages.some(told)).toBe(false);
    const next = runMessage('next', "print('ran' in globals())");
    expect((await agent.run(next)).outcome).toBe('ok');
    expect(agent.messages.some(told)).toBe(true);
    await until('its output', () => notebook.observer.text('next') === 'False\n');
  });
});

describe('runs whose kernel dies on a server that starts none by itself', () => {
  const unwatched = new RuntimeWorld(['--KernelManager.autorestart=False']);
  beforeAll(() => unwatched.start());
  afterAll(() => unwatched.stop());

  it('[DK8] end with that reason; what waits, and a run that finds its kernel dead, get a new one', async () => {
    const notebook = await unwatched.open('unwatched.ipynb', ['dies', 'waits', 'later']);
    const agent = await unwatched.agent(notebook);
    const dies = runMessage('dies', 'import os; os.kill(os.getpid(), 9)');
    const waits = runMessage('waits', "import os; print(os.getpid(), 'dies' in globals())");
    agent.tell(dies);
    agent.tell(waits);
    const { outcome, reason } = await agent.finished(dies);
    expect([outcome, reason]).toEqual(['interrupted', expect.stringMatching(/The kernel died/)]);
    expect((await agent.finished(waits)).outcome).toBe('ok');
    const [pid, known] = await until('its output', () =>
      /^(\d+) (\w+)\n/.exec(notebook.observer.text('waits'))?.slice(1)
    );
    expect(known).toBe('False');
    const { kernelId } = await agent.message('started', ({ cellId }) => cellId === waits.cellId);
    process.kill(Number(pid), 'SIGKILL');
    await agent.message(
      'kernel',
      told => told.change === 'shut-down' && told.kernelId === kernelId
    );
    expect((await agent.run(runMessage('later', '1'))).outcome).toBe('ok');
    expect(await kernels(unwatched)).toHaveLength(1);
  });

  it('[DK8] nobody runs a cell on one that died before an agent was there', async () => {
    const notebook = await unwatched.open('unseen.ipynb', ['first']);
    const answer = await page('unseen.ipynb', unwatched);
    const { kernel } = (await answer.json()) as Session;
    const found = await promisify(execFile)('pgrep', ['-f', `kernel-${kernel.id}.json`]);
    process.kill(Number(found.stdout), 'SIGKILL');
    const agent = await unwatched.agent(notebook);
    expect((await agent.run(runMessage('first', '1'))).outcome).toBe('ok');
    expect(await kernels(unwatched)).not.toContain(kernel.id);
  });
});

async function kernels({ lab }: RuntimeWorld): Promise<string[]> {
  return (await lab.json<{ id: string }[]>('api/kernels')).map(({ id }) => id);
}

/** What a page does that finds no kernel for its notebook. */
function page(path: string, { lab } = world, name = 'python3'): Promise<Response> {
  const session = { path, name: path, type: 'notebook', kernel: { name } };
  return lab.fetch('api/sessions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(session)
  });
}

interface Session {
  readonly id: string;
  readonly path: string;
  readonly kernel: { readonly id: string };
}
