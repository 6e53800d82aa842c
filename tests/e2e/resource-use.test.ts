/** What the menu of the status bar tells of kernel and agent, in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JupyterLab } from './jupyter-lab.js';
import { LabPage, launchBrowser } from './lab-page.js';
import { until } from './until.js';

describe('the menu of the status bar', () => {
  const lab = new JupyterLab({ args: ['--ColophonExtension.max_memory_bytes=4e9'] });
  let browser: Browser;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), lab.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await lab.stop();
  });

  it('[C17] tells what kernel and agent use while it is open, and that a run uses more', async () => {
    const path = lab.writeNotebook('use.ipynb', {
      a: 'import time\nheld = b"x" * 300_000_000\nwhile True: pass'
    });
    const lens = await LabPage.open(browser, lab, 'alice', path);
    await lens.kernelIdle();
    const asked: string[] = [];
    lens.page.on('request', request => {
      if (request.url().includes('colophon/resources')) {
        asked.push(request.url());
      }
    });
    const open = () => lens.page.locator('.jp-ColophonStatusItem').getByRole('button').click();
    const line = (name: string) =>
      lens.page.getByRole('menuitem', { name: new RegExp(`^${name}: `) }).first();
    const megabytes = async (name: string) =>
      Number(/: ([\d.]+) MB/.exec(await line(name).innerText())?.[1] ?? 0);
    expect(asked).toEqual([]);
    await open();
    const before = await until(
      'the kernel’s memory',
      async () => (await megabytes('Kernel')) || undefined
    );
    expect(await line('Kernel').innerText()).toMatch(/^Kernel: [\d.]+ MB of 4 GB/);
    await lens.page.keyboard.press('Escape');
    await lens.command('notebook:run-all-cells');
    await until(
      'the cell runs',
      async () => (await lab.json<{ agents: unknown[] }>('colophon/api/health')).agents.length > 0
    );
    await open();
    await until('the run shows', async () => {
      const words = await line('Kernel').innerText();
      const share = Number(/, (\d+) % of a processor/.exec(words)?.[1] ?? 0);
      return share > 30 && (await megabytes('Kernel')) > before + 250;
    });
    expect(await megabytes('Agent')).toBeGreaterThan(20);
    expect(await megabytes('All of Colophon')).toBeGreaterThan(await megabytes('Agent'));
    await lens.page.keyboard.press('Escape');
    await line('Kernel').waitFor({ state: 'detached' });
    const count = asked.length;
    await lens.command('colophon:interrupt');
    await until('the run has ended', async () =>
      (await lens.cell(0).innerText()).includes('KeyboardInterrupt')
    );
    expect(asked.length).toBe(count);
  });
});
