import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { runMessage } from './agent-process.js';
import { RuntimeWorld } from './runtime-world.js';

const world = new RuntimeWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

describe('what comes beside or after a run', () => {
  it('[R31] a thread that prints after the end of its cell prints into it', async () => {
    const notebook = await world.open('thread.ipynb', ['thread']);
    const agent = await world.agent(notebook);
    await agent.message('ready');
    const source =
      'import threading, time\ndef later():\n    time.sleep(0.5)\n    print("late", flush=True)\n' +
      'threading.Thread(target=later).start(); print("main")';
    const end = await agent.run(runMessage('thread', source));
    expect(end.outcome).toBe('ok');
    await until(
      'the late line',
      () => textOf(notebook.observer, 'thread') === 'main\nlate\n',
      5000
    );
  });

  it('[R32] a display that another cell updates is updated where it stands', async () => {
    const notebook = await world.open('display.ipynb', ['shows', 'updates']);
    const agent = await world.agent(notebook);
    await agent.message('ready');
    await agent.run(runMessage('shows', 'handle = display("old", display_id=True)'));
    await agent.run(runMessage('updates', 'handle.update("new")'));
    await until('the new display', () =>
      JSON.stringify(outputsOf(notebook.observer, 'shows')).includes('new')
    );
    expect(outputsOf(notebook.observer, 'shows')).toHaveLength(1);
    expect(outputsOf(notebook.observer, 'updates')).toEqual([]);
  });

  it('[R33] what the pager would show is an output', async () => {
    const notebook = await world.open('pager.ipynb', ['pager']);
    const agent = await world.agent(notebook);
    await agent.message('ready');
    await agent.run(runMessage('pager', 'print("first")\nprint?'));
    await until('the page', () => outputsOf(notebook.observer, 'pager').length === 2);
    const [first, page] = outputsOf(notebook.observer, 'pager');
    expect(first).toMatchObject({ output_type: 'stream', text: 'first\n' });
    expect(page).toMatchObject({
      output_type: 'display_data',
      data: { 'text/plain': expect.stringContaining('Signature') as string }
    });
  });
});

interface Observer {
  cell(id: string): { readonly outputs: readonly unknown[] } | undefined;
}

function outputsOf(observer: Observer, cellId: string): readonly unknown[] {
  return observer.cell(cellId)?.outputs ?? [];
}

function textOf(observer: Observer, cellId: string): string {
  return outputsOf(observer, cellId)
    .map(output => (output as { text?: string }).text ?? '')
    .join('');
}
