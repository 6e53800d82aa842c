/**
 * Every way of running a cell goes through the agent, and looks as it does in JupyterLab.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { eventsOf, eventually, factsOf, streamOf } from './history.js';
import type { LabPage } from './lab-page.js';
import { stage } from './stage.js';
import { until } from './until.js';

const CELLS = { a: "print('a')", b: "print('b')", c: "print('c')" };

describe('running cells', () => {
  const { lab, open: openAs } = stage({ baseUrl: '/some/prefix/' });
  let number = 0;
  let page: LabPage;
  let stream: string;

  async function open(cells: Record<string, string>): Promise<string> {
    number += 1;
    const path = lab.writeNotebook(`running-${number}.ipynb`, cells);
    page = await openAs('alice', path);
    stream = await streamOf(lab, path);
    await page.kernelIdle();
    return path;
  }

  /** The cells that were asked for since `skip` requests ago, once as many have finished. */
  async function ran(count: number): Promise<string[]> {
    await until(`${count} executions`, async () => {
      return (await factsOf(lab, stream, 'execution.finished')).length >= count;
    });
    return (await factsOf(lab, stream, 'execution.requested')).map(
      event => event.data.cellId as string
    );
  }

  describe('each command', () => {
    beforeEach(() => open(CELLS));

    it.each([
      ['notebook:run-cell', ['b']],
      ['notebook:run-cell-and-select-next', ['b']],
      ['notebook:run-cell-and-insert-below', ['b']],
      ['notebook:run-all-cells', ['a', 'b', 'c']],
      ['notebook:run-all-above', ['a']],
      ['notebook:run-all-below', ['b', 'c']]
    ])('[E3] %s goes through the agent, in order', async (command, cells) => {
      await page.edit(1);
      await page.command(command);
      expect(await ran(cells.length)).toEqual(cells);
      for (const cell of cells) {
        const index = Object.keys(CELLS).indexOf(cell);
        await page.outputs(index).getByText(cell, { exact: true }).waitFor();
        await until('the prompt has a number', async () =>
          /^\[\d+\]:$/.test((await page.prompt(index).textContent()) ?? '')
        );
      }
      await page.close();
    });

    it('[E3] the toolbar button and restart-and-run-all go through the agent', async () => {
      await page.edit(0);
      await page.page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="run"]').click();
      expect(await ran(1)).toEqual(['a']);
      await page.page
        .locator('.jp-NotebookPanel-toolbar [data-jp-item-name="restart-and-run"]')
        .click();
      await page.page.locator('.jp-Dialog button.jp-mod-accept').click();
      expect(await ran(4)).toEqual(['a', 'a', 'b', 'c']);
      await until(
        'the count starts again',
        async () => (await page.prompt(2).textContent()) === '[3]:'
      );
      await page.close();
    });
  });

  it('[E4] an error stops the rest of a run-all; what waited is shown as not run', async () => {
    await open({ a: "print('a')", b: '1 / 0', c: "print('c')" });
    await page.command('notebook:run-all-cells');
    await ran(3);
    const outcomes = (await factsOf(lab, stream, 'execution.finished')).map(event => [
      event.data.cellId,
      event.data.outcome
    ]);
    expect(outcomes).toEqual([
      ['a', 'ok'],
      ['b', 'error'],
      ['c', 'cancelled']
    ]);
    await page.outputs(1).getByText('ZeroDivisionError').first().waitFor();
    await until(
      'the third prompt is empty',
      async () => (await page.prompt(2).textContent())?.trim() === '[ ]:'
    );
    expect(await page.outputs(2).count()).toBe(0);
    await page.close();
  });

  it('[E5] an interrupt, and the death of the kernel, end the run visibly', async () => {
    await open({ wait: 'import time; time.sleep(600)', die: 'import os; os.kill(os.getpid(), 9)' });
    await page.edit(0);
    await page.command('notebook:run-cell');
    await eventually(lab, stream, 'execution.started');
    expect((await page.prompt(0).textContent())?.trim()).toBe('[*]:');
    await page.command('colophon:interrupt');
    const interrupted = await eventually(
      lab,
      stream,
      'execution.finished',
      e => e.data.cellId === 'wait'
    );
    expect(interrupted.data.outcome).toBe('interrupted');

    await page.edit(1);
    await page.command('notebook:run-cell');
    const died = await eventually(
      lab,
      stream,
      'execution.finished',
      e => e.data.cellId === 'die',
      45_000
    );
    expect(died.data.outcome).toBe('interrupted');
    expect(died.data.reason).toMatch(/kernel/i);
    await until(
      'nothing stays [*]',
      async () => !(await page.prompt(1).textContent())?.includes('*')
    );
    await page.close();
  });

  it('[E13] other extensions hear of a run as they do in JupyterLab: the contents panel marks its heading', async () => {
    await open({ top: 'pass', wait: 'import time; time.sleep(3)' });
    await page.cell(0).click({ position: { x: 5, y: 5 } });
    await page.command('notebook:change-cell-to-heading-1');
    await page.command('toc:show-panel');
    const heading = page.page.locator('.jp-tocItem-content').first();
    await heading.waitFor();
    expect(await heading.getAttribute('data-running')).toBe('-1');
    await page.edit(1);
    await page.command('notebook:run-cell');
    await until('it runs', async () => (await heading.getAttribute('data-running')) === '1');
    await page.page.locator('.jp-Notebook-ExecutionIndicator[data-status="busy"]').waitFor();
    await until('it ran', async () => (await heading.getAttribute('data-running')) === '-1');
    await page.close();
  });

  it('[E6] a rename keeps the stream', async () => {
    const path = await open(CELLS);
    await page.edit(0);
    await page.command('notebook:run-cell');
    await ran(1);
    const response = await lab.fetch(`api/contents/${path}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ path: 'renamed.ipynb' })
    });
    expect(response.ok).toBe(true);
    expect(await streamOf(lab, 'renamed.ipynb')).toBe(stream);
    const renamed = await eventually(lab, stream, 'notebook.renamed');
    expect(renamed.data.to).toBe('renamed.ipynb');
    expect((await eventsOf(lab, stream))[0]?.offset).toBe(1);
    await page.close();
  });
});
