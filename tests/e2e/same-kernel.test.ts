/**
 * What else uses the kernel of a notebook that Colophon runs: JupyterLab's debugger, and a code console.
 * Neither harms the other.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually, factsOf, streamOf } from './history.js';
import type { LabPage } from './lab-page.js';
import { saved } from './saved.js';
import { stage } from './stage.js';
import { until } from './until.js';

const SUM = `x = 1
print('before')
y = x + 41
print('after', y)`;

/** Prints, waits for the file `go-on`, and prints again. */
const SLOW = `import os, time
print('begun', flush=True)
while not os.path.exists('go-on'): time.sleep(0.02)
for i in range(1000): print(i)`;
const SLOW_OUTPUT = `begun\n${Array.from({ length: 1000 }, (_, i) => `${i}\n`).join('')}`;

/** All that the outputs of a cell say. */
async function outputOf(cell: Locator): Promise<string> {
  return (await cell.locator('.jp-OutputArea-output pre').allTextContents()).join('');
}

/** Runs code in the console, as somebody does who types it. */
async function runIn(console: Locator, code: string): Promise<void> {
  await console.locator('.jp-CodeConsole-promptCell .cm-content').click();
  await console.page().keyboard.type(code);
  await console.page().keyboard.press('Shift+Enter');
}

describe('the other users of a notebook’s kernel', () => {
  const { lab, open } = stage();
  const name = 'same-kernel.ipynb';
  let alice: LabPage;
  let stream: string;

  it('[VD1] a breakpoint stops a cell that is run, its variables are shown, and going on ends the run whole', async () => {
    lab.writeNotebook(name, { sum: SUM, slow: SLOW, last: 'print(answer * 2)' });
    alice = await open('alice', name);
    const { page } = alice;
    stream = await streamOf(lab, name);
    await alice.kernelIdle();
    const bug = page.locator('.jp-DebuggerBugButton[aria-disabled="false"]');
    await bug.click();
    await page.locator('.jp-DebuggerBugButton[aria-pressed="true"]').waitFor();
    const lines = alice.cell(0).locator('.cm-breakpoint-gutter .cm-gutterElement');
    // The first stands for the width of the others.
    await lines.nth(3).click();
    await page.locator('.jp-DebuggerBreakpoint').waitFor();
    await alice.edit(0);
    await alice.command('notebook:run-cell');

    await page.locator('.jp-DebuggerCallstackFrame').first().waitFor();
    await alice.cell(0).locator('.jp-DebuggerEditor-highlight').waitFor();
    await page.locator('.jp-DebuggerVariables').getByText('x', { exact: true }).waitFor();
    await until('what was printed', async () => (await outputOf(alice.cell(0))) === 'before\n');
    expect(await alice.prompt(0).textContent()).toBe('[*]:');
    await alice.screenshot('debugger-stopped');
    expect(await factsOf(lab, stream, 'execution.finished')).toEqual([]);

    await alice.command('debugger:continue');
    const { data } = await eventually(lab, stream, 'execution.finished');
    expect(data).toMatchObject({ cellId: 'sum', outcome: 'ok' });
    await until('all is shown', async () =>
      (await outputOf(alice.cell(0))).endsWith('before\nafter 42\n')
    );
    expect(await alice.prompt(0).textContent()).toBe('[1]:');
    await bug.click();
    await page.locator('.jp-DebuggerBugButton[aria-pressed="false"]').waitFor();
  });

  it('[VD2] a console on the same kernel has its own outputs and questions, and runs beside it are whole', async () => {
    await alice.edit(1);
    await alice.command('notebook:create-console');
    const console = alice.page.locator('.jp-CodeConsole');
    await console.locator('.jp-CodeConsole-banner').waitFor();

    await alice.command('notebook:run-cell');
    await alice.outputs(1).getByText('begun').waitFor();
    await runIn(console, "print('of the console'); answer = input('Console?')");
    writeFileSync(join(lab.root, 'go-on'), '');
    const field = console.locator('input.jp-Stdin-input');
    await field.waitFor();
    await alice.edit(2);
    await alice.command('notebook:run-cell');
    await eventually(lab, stream, 'execution.requested', event => event.data.cellId === 'last');
    await until('a run is whole', async () => (await outputOf(alice.cell(1))) === SLOW_OUTPUT);
    expect(await alice.page.locator('.jp-ColophonQuestion').count()).toBe(0);
    expect(await alice.prompt(2).textContent()).toBe('[*]:');
    await alice.screenshot('console-asks');
    await field.fill('ab');
    await field.press('Enter');
    await until('the next is, too', async () => (await outputOf(alice.cell(2))) === 'abab\n');
    expect(await outputOf(alice.cell(1))).toBe(SLOW_OUTPUT);
    expect(await outputOf(console)).toContain('of the console\nConsole? ab\n');
    expect(await outputOf(console)).not.toMatch(/begun|abab/);
    expect(await factsOf(lab, stream, 'execution.input-requested')).toEqual([]);
    await until('three runs have ended', async () => {
      const ends = await factsOf(lab, stream, 'execution.finished');
      return ends.length === 3 && ends.every(({ data }) => data.outcome === 'ok');
    });
    expect(await saved(lab, name, 'abab')).not.toContain('of the console');
    await alice.close();
  });
});
