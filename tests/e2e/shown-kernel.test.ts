/**
 * Two people, one notebook, and the kernel shut down: whose kernel does each page show?
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { describe, expect, it } from 'vitest';
import { eventually, streamOf } from './history.js';
import type { LabPage } from './lab-page.js';
import { stage } from './stage.js';
import { until } from './until.js';

describe('a kernel that was shut down', () => {
  const { lab, open } = stage();

  it('[U21] after it every page shows the kernel that runs the notebook, and can interrupt it', async () => {
    const path = lab.writeNotebook('shut-down.ipynb', {
      slow: 'import time\nprint("begun", flush=True)\ntime.sleep(60)'
    });
    const alice = await open('alice', path);
    const bob = await open('bob', path);
    const stream = await streamOf(lab, path);
    await alice.kernelIdle();
    await bob.kernelIdle();
    const [before] = await lab.json<Session[]>('api/sessions');
    await lab.fetch(`api/sessions/${before!.id}`, { method: 'DELETE' });

    await alice.edit(0);
    await alice.page.keyboard.press('Control+Enter');
    await eventually(lab, stream, 'execution.started');
    await bob.outputs(0).getByText('begun').waitFor();
    await until('bob’s page shows the new kernel', async () => {
      const kernels = await lab.json<{ id: string }[]>('api/kernels');
      return kernels.length === 1 && (await shownKernel(bob)) === kernels[0]?.id;
    });
    await bob.command('notebook:interrupt-kernel');
    const { data } = await eventually(lab, stream, 'execution.finished');
    expect(data).toMatchObject({ cellId: 'slow', outcome: 'interrupted' });
  });
});

interface Session {
  readonly id: string;
}

/** Id of the kernel that JupyterLab shows for the page's notebook. */
function shownKernel({ page }: LabPage): Promise<string | undefined> {
  return page.evaluate(() => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { shell: { currentWidget: NotebookPanel } };
    };
    return jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.id;
  });
}
