import '../../agent/mend-json.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { runMessage } from './agent-process.js';
import { FlakyNetwork } from './flaky-network.js';
import { RuntimeWorld } from './runtime-world.js';

const world = new RuntimeWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

const SOURCES: Record<string, string> = {
  lines: 'for i in range(5): print("line", i)',
  'two streams':
    'import sys\nprint("a"); print("b", file=sys.stderr); print("c"); sys.stderr.flush()',
  result: '"résumé 🎉 " * 2',
  error: 'def f(): return 1/0\nf()',
  plot: 'import matplotlib\nmatplotlib.use("module://matplotlib_inline.backend_inline")\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3]); plt.show()',
  clear: 'from IPython.display import clear_output\nprint("old"); clear_output(); print("new")',
  'clear wait':
    'from IPython.display import clear_output\nfor i in range(30):\n    clear_output(wait=True); print("step", i)',
  display:
    'from IPython.display import display\nh = display("first", display_id=True); print("between"); h.update("second")',
  html: 'from IPython.display import HTML, display\ndisplay(HTML("<b>x</b>"), {"k": 1}); print("after")',
  keys: String.raw`for key in '\\', '"', '\n': display({"application/json": {"k": 1, key: 2}}, raw=True)`,
  many: 'for i in range(20000): print(i)'
};

/**
 * nbclient leaves runs of a stream apart as they came; tracebacks and counts differ by the number of
 * the cell.
 */
function comparable(outputs: readonly unknown[]): unknown[] {
  const joined: Record<string, unknown>[] = [];
  for (const output of outputs as Record<string, unknown>[]) {
    const last = joined.at(-1);
    if (output['output_type'] === 'stream' && last?.['name'] === output['name']) {
      last!['text'] = String(last!['text']) + String(output['text']);
    } else {
      joined.push({ ...output });
    }
  }
  return joined.map(each => {
    delete each['execution_count'];
    if (each['output_type'] === 'error') {
      each['traceback'] = (each['traceback'] as string[]).length;
    }
    return each;
  });
}

describe('a run', () => {
  it('[R1] leaves the outputs that nbclient leaves, for every kind of output', async () => {
    const names = Object.keys(SOURCES);
    const notebook = await world.open('kinds.ipynb', names);
    const agent = await world.agent(notebook);
    await agent.message('ready');
    const reference = world.reference(Object.values(SOURCES));
    for (const [name, source] of Object.entries(SOURCES)) {
      const end = await agent.run(runMessage(name, source));
      expect([name, end.outcome]).toEqual([name, name === 'error' ? 'error' : 'ok']);
    }
    const expected = await reference;
    for (const [index, name] of names.entries()) {
      await until(
        `outputs of ${name}`,
        () => notebook.observer.cell(name)?.executionState === 'idle'
      );
      const seen = notebook.observer.cell(name)!;
      expect([name, comparable(seen.outputs)]).toEqual([name, comparable(expected[index]!)]);
      expect(seen.metadata['trusted']).toBe(true);
      expect(Object.keys(seen.metadata['execution'] as object).sort()).toEqual([
        'iopub.execute_input',
        'iopub.status.busy',
        'iopub.status.idle',
        'shell.execute_reply',
        'shell.execute_reply.started'
      ]);
      expect(seen.executionCount).toBe(index + 1);
    }
  });

  it('[R2] shows a progress bar as JupyterLab does: one line, not a thousand', async () => {
    const notebook = await world.open('bar.ipynb', ['bar']);
    const agent = await world.agent(notebook);
    const source =
      'import time\nfor i in range(101):\n    print(f"\\r{i:3d}%", end="", flush=True); time.sleep(0.002)\nprint()\nprint("ab\\b\\bX")';
    await agent.run(runMessage('bar', source));
    await until('the bar', () => notebook.observer.text('bar') === '100%\nX\n');
  });

  it('[R3] shows the first output while the cell still runs, and [*] until the end', async () => {
    const notebook = await world.open('live.ipynb', ['live']);
    const agent = await world.agent(notebook);
    const run = runMessage('live', 'import time\nprint("now", flush=True)\ntime.sleep(3)');
    agent.tell(run);
    await until('the first line', () => notebook.observer.text('live') === 'now\n');
    expect(notebook.observer.cell('live')!.executionState).toBe('running');
    expect(agent.messages.some(({ type }) => type === 'finished')).toBe(false);
    const started = await agent.message('started');
    const end = await agent.finished(run);
    expect(end).toMatchObject({ outcome: 'ok', executionCount: 1, startedAt: started.startedAt });
    await until('idle', () => notebook.observer.cell('live')!.executionState === 'idle');
  });

  it('[R4] uses the kernel of the session that Lab shows', async () => {
    const notebook = await world.open('shared.ipynb', ['a', 'b']);
    const response = await world.lab.fetch('api/sessions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        path: 'shared.ipynb',
        name: 'shared.ipynb',
        type: 'notebook',
        kernel: { name: 'python3' }
      })
    });
    const { kernel } = (await response.json()) as { kernel: { id: string } };
    const agent = await world.agent(notebook);
    expect(await agent.message('ready')).toMatchObject({
      kernelId: kernel.id,
      kernelName: 'python3'
    });
    await agent.run(runMessage('a', 'x = 1'));
    expect(await agent.message('started')).toMatchObject({ kernelId: kernel.id });
  });

  it('[R5] of a cell that is gone is cancelled, and says so', async () => {
    const notebook = await world.open('gone.ipynb', ['here']);
    const agent = await world.agent(notebook);
    const end = await agent.run(runMessage('not-there', '1'));
    expect(end.outcome).toBe('cancelled');
    expect(end.reason).toContain('deleted');
  });

  it('[R6] without an installed kernel ends with the name of what is missing', async () => {
    const notebook = await world.open('julia.ipynb', ['a'], 'julia-9');
    const agent = await world.agent(notebook);
    const end = await agent.run(runMessage('a', '1'));
    expect(end.outcome).toBe('interrupted');
    expect(end.reason).toMatch(/julia-9.*not installed.*choose another kernel/);
  });
});

describe('the end of a run', () => {
  it('[R7] is interrupted with KeyboardInterrupt when asked', async () => {
    const notebook = await world.open('interrupt.ipynb', ['a']);
    const agent = await world.agent(notebook);
    const run = runMessage('a', 'import time\nprint("on", flush=True)\ntime.sleep(600)');
    agent.tell(run);
    await until('it runs', () => notebook.observer.text('a') === 'on\n');
    agent.tell({ type: 'interrupt' });
    expect(await agent.finished(run)).toMatchObject({
      outcome: 'interrupted',
      error: { ename: 'KeyboardInterrupt' }
    });
    await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
  });

  it('[R8] comes when the kernel is killed, restarted or shut down, and the next run works', async () => {
    const notebook = await world.open('death.ipynb', ['a', 'b']);
    const agent = await world.agent(notebook);
    const endless = 'import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)';
    const endings: Record<string, (kernelId: string) => void> = {
      killed: () => process.kill(Number(notebook.observer.text('a')), 'SIGKILL'),
      restarted: () => agent.tell({ type: 'restart-kernel' }),
      'restarted by somebody': id =>
        void world.lab.fetch(`api/kernels/${id}/restart`, { method: 'POST' }),
      'shut down': id => void world.lab.fetch(`api/kernels/${id}`, { method: 'DELETE' })
    };
    for (const [name, bring] of Object.entries(endings)) {
      const run = runMessage('a', endless);
      agent.tell(run);
      const started = await agent.message('started', each => each.executionId === run.executionId);
      await until('it runs', () => /^\d+\n$/.test(notebook.observer.text('a')));
      bring(started.kernelId);
      const end = await agent.finished(run);
      expect([name, end.outcome]).toEqual([name, 'interrupted']);
      // Jupyter Server interrupts before it ends a kernel: the run may have ended by that already.
      expect(end.reason).toMatch(name === 'killed' ? /kernel/ : /kernel|interrupted/);
      await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
      const next = await agent.run(runMessage('b', 'print("again")'));
      expect([name, next]).toMatchObject([name, { outcome: 'ok' }]);
      await until('its output', () => notebook.observer.text('b') === 'again\n');
    }
  });
});

describe('the agent', () => {
  it('[R9] killed in the middle of a run is followed by one that goes on: every line once', async () => {
    const notebook = await world.open('killed.ipynb', ['a']);
    const lines = 60;
    const source = `import time\nfor i in range(${lines}):\n    print("line", i, flush=True); time.sleep(0.05)`;
    const expected = Array.from({ length: lines }, (_, i) => `line ${i}\n`).join('');
    for (const at of [0, 1, 20]) {
      const first = await world.agent(notebook);
      const { kernelId: before } = await first.message('ready');
      const run = runMessage('a', source, at);
      first.tell(run);
      if (at > 0) {
        await until('some lines', () => notebook.observer.text('a').includes(`line ${at}\n`));
      }
      first.kill();
      await first.exited();
      const { kernelId } = first.messages.find(m => m.type === 'started') ?? { kernelId: before };
      const second = await world.agent(notebook, { run, kernelId });
      expect(await second.finished(run)).toMatchObject({ outcome: 'ok' });
      await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
      expect(notebook.observer.text('a')).toBe(expected);
      second.endInput();
      expect(await second.exited()).toBe(0);
    }
  });

  it('[R21] runs what is asked for right after a restart, in the new kernel', async () => {
    const notebook = await world.open('again.ipynb', ['a', 'b']);
    const agent = await world.agent(notebook);
    for (const by of ['the agent', 'somebody']) {
      await agent.run(runMessage('a', 'old = 1'));
      const { kernelId } = await agent.message('started');
      if (by === 'the agent') {
        agent.tell({ type: 'restart-kernel' });
      } else {
        await world.lab.fetch(`api/kernels/${kernelId}/restart`, { method: 'POST' });
      }
      const end = await agent.run(runMessage('b', 'print("old" in globals())\nprint("end")'));
      expect([by, end]).toMatchObject([by, { outcome: 'ok', executionCount: 1 }]);
      await until('its output', () => notebook.observer.text('b') === 'False\nend\n');
    }
  });

  it('[DK10] runs in the process that comes up, when the first one ends as it starts', async () => {
    world.installKernel('late', 'tests/integration/late_kernel.py');
    const notebook = await world.open('late.ipynb', ['a'], 'late');
    const agent = await world.agent(notebook);
    const end = await agent.run(runMessage('a', 'print(1)'));
    expect(end).toMatchObject({ outcome: 'ok', executionCount: 1 });
    await until('its output', () => notebook.observer.text('a') === '1\n');
  });

  it('[R22] loses nothing of a flood that the kernel websocket would drop', async () => {
    const notebook = await world.open('flood.ipynb', ['a']);
    const agent = await world.agent(notebook);
    const source = 'for i in range(400): print(str(i) + "x" * 20000, flush=True)\nprint("END")';
    expect(await agent.run(runMessage('a', source))).toMatchObject({ outcome: 'ok' });
    await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
    const text = notebook.observer.text('a');
    const lines = text.split('\n');
    expect(lines.map(line => line.replace(/x+$/, ''))).toEqual([
      ...Array.from({ length: 400 }, (_, index) => String(index)),
      'END',
      ''
    ]);
  });

  it('[R20] mends a cut connection to room, kernel and output: every line once', async () => {
    const notebook = await world.open('cut.ipynb', ['a', 'b']);
    const { network, url } = await FlakyNetwork.before(world.lab.url);
    const agent = await world.agent(notebook, undefined, url);
    const lines = 80;
    const run = runMessage(
      'a',
      `import time\nfor i in range(${lines}):\n    print("line", i, flush=True); time.sleep(0.05)`
    );
    agent.tell(run);
    for (const at of [3, 25, 50]) {
      await until(`line ${at}`, () => notebook.observer.text('a').includes(`line ${at}\n`));
      network.cut();
    }
    expect(await agent.finished(run)).toMatchObject({ outcome: 'ok' });
    await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
    expect(notebook.observer.text('a')).toBe(
      Array.from({ length: lines }, (_, i) => `line ${i}\n`).join('')
    );
    expect(await agent.run(runMessage('b', '1'))).toMatchObject({ outcome: 'ok' });
    network.close();
  });

  it('[R10] that takes over a run whose kernel is gone ends it', async () => {
    const notebook = await world.open('orphan.ipynb', ['a']);
    const first = await world.agent(notebook);
    const run = runMessage('a', 'import time\nprint("on", flush=True)\ntime.sleep(600)');
    first.tell(run);
    await until('it runs', () => notebook.observer.text('a') === 'on\n');
    first.kill();
    const { kernelId } = await first.message('started');
    await world.lab.fetch(`api/kernels/${kernelId}`, { method: 'DELETE' });
    const second = await world.agent(notebook, { run, kernelId });
    const end = await second.finished(run);
    expect(end).toMatchObject({
      outcome: 'interrupted',
      reason: expect.stringContaining('kernel') as string
    });
    await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
    expect(notebook.observer.text('a')).toBe('on\n');
  });

  it('[C24] that takes over a run at its limit, whose kernel is gone, names the limit', async () => {
    const limits = { colophon: { limits: { wallSeconds: 1 } } };
    const notebook = await world.open('spent.ipynb', ['a'], 'python3', limits);
    const first = await world.agent(notebook);
    const run = runMessage(
      'a',
      'import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)'
    );
    first.tell(run);
    const errors = () =>
      (notebook.observer.cell('a')!.outputs as { ename?: string }[]).map(({ ename }) => ename);
    await until('the limit is shown', () => errors().includes('LimitReached'));
    first.kill();
    await first.exited();
    const { kernelId } = await first.message('started');
    await world.lab.fetch(`api/kernels/${kernelId}`, { method: 'DELETE' });
    const second = await world.agent(notebook, { run, kernelId });
    expect(await second.finished(run)).toMatchObject({
      outcome: 'interrupted',
      reason: expect.stringMatching(/limit of time: 1 s .* The kernel was shut down/) as string,
      error: { ename: 'LimitReached' }
    });
    expect(errors()).toEqual(['LimitReached']);
  });

  it('[R24] whose place a newer one takes ends at once, without a word about the run', async () => {
    const notebook = await world.open('taken.ipynb', ['a']);
    const first = await world.agent(notebook);
    const run = runMessage(
      'a',
      'import time\nfor i in range(20):\n    print(i, flush=True); time.sleep(0.1)'
    );
    first.tell(run);
    const { kernelId } = await first.message('started');
    const second = await world.agent(notebook, { run, kernelId });
    expect(await first.exited()).toBe(1);
    expect(first.messages.at(-1)).toMatchObject({ type: 'failed' });
    expect(first.messages.filter(message => message.type === 'finished')).toEqual([]);
    expect(await second.finished(run)).toMatchObject({ outcome: 'ok' });
    await until('idle', () => notebook.observer.cell('a')!.executionState === 'idle');
    expect(notebook.observer.text('a')).toBe(
      Array.from({ length: 20 }, (_, i) => `${i}\n`).join('')
    );
  });

  it('[R11] leaves the room and exits 0 when stdin ends', async () => {
    const notebook = await world.open('leave.ipynb', ['a']);
    const agent = await world.agent(notebook);
    await agent.message('ready');
    await until('present', () => notebook.observer.present().includes('colophon-runtime'));
    const from = performance.now();
    agent.endInput();
    expect(await agent.exited()).toBe(0);
    expect(performance.now() - from).toBeLessThan(1000);
    await until('gone', () => !notebook.observer.present().includes('colophon-runtime'));
  });

  it('[R12] tells how many people are in the room', async () => {
    const notebook = await world.open('peers.ipynb', ['a']);
    const agent = await world.agent(notebook);
    await agent.message('peers', ({ count }) => count === 1);
    notebook.observer.leave();
    await agent.message('peers', ({ count }) => count === 0);
  });

  it('[R13] that cannot join says why and exits 1', async () => {
    const notebook = await world.open('refused.ipynb', ['a']);
    const agent = await world.agent({
      path: notebook.path,
      observer: { fileId: '00000000-0000-4000-8000-000000000000' }
    });
    expect(await agent.exited()).toBe(1);
    const failed = agent.messages.find(message => message.type === 'failed');
    expect(failed?.reason).toContain('refused.ipynb');
  });
});
