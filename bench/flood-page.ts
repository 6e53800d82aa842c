/**
 * While a cell prints 1,000,000 lines, somebody types into another cell of the same page: from the key
 * press until the character is painted; a key every 60 ms, whether or not the page keeps up, from the
 * start of the run to its end; before that, the same page at rest. Then the tasks of the page's main
 * thread during the run by their processor time, which does not depend on what else the machine does.
 * Milliseconds.
 */
import { setInterval as every } from 'node:timers/promises';
import { eventsOf, streamOf } from '../tests/e2e/history.js';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { LabPage, launchBrowser } from '../tests/e2e/lab-page.js';
import { PageTasks } from './figures/page-tasks.js';
import { spread } from './figures/spread.js';
import { Typist, waits } from './figures/typist.js';

const SOURCE = 'for i in range(1_000_000): print(i)';
const PACE = 60;
/** Keys at rest. */
const AT_REST = 100;

function report(name: string, series: readonly number[]): void {
  const over = series.filter(wait => wait > 100).length;
  const most = Math.max(...series).toFixed(0);
  console.log(`${name.padEnd(18)} ${spread(series)}   most ${most} ms   over 100 ms: ${over}`);
}

async function main(): Promise<void> {
  const lab = await new JupyterLab({ args: ['--ServerApp.iopub_data_rate_limit=1e12'] }).start();
  const browser = await launchBrowser();
  try {
    const path = lab.writeNotebook('flood.ipynb', { flood: SOURCE, other: '# ' });
    const lens = await LabPage.open(browser, lab, 'alice', path);
    await lens.kernelIdle();
    const stream = await streamOf(lab, path);
    const ended = async () =>
      (await eventsOf(lab, stream)).some(({ type }) => type === 'execution.finished');
    const typist = await Typist.at(lens, 1);
    const keys: Promise<void>[] = [];
    const type = async (isOver: () => boolean | Promise<boolean>) => {
      for await (const _ of every(PACE)) {
        keys.push(typist.press());
        if (keys.length % 10 === 0 && (await isOver())) {
          break;
        }
      }
      await Promise.all(keys);
      await typist.painted(keys.length);
    };
    await type(() => keys.length >= AT_REST);
    const tasks = await PageTasks.record(browser, lens.page);
    const began = performance.now();
    await lens.page.evaluate(() => {
      const { jupyterapp } = globalThis as unknown as {
        jupyterapp: { shell: { currentWidget: { content: { activeCellIndex: number } } } };
      };
      jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
    });
    await lens.command('notebook:run-cell');
    await lens.edit(1);
    await lens.page.keyboard.press('Control+End');
    await type(ended);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    report('tasks of the page', await tasks.stop());
    const noted = await typist.noted();
    const all = waits(noted.keys, noted.painted);
    report('at rest', all.slice(0, AT_REST));
    report(`flood of ${seconds} s`, all.slice(AT_REST));
    console.log(`end of the output: ${(await lens.outputs(0).last().innerText()).slice(-20)}`);
  } finally {
    await browser.close();
    await lab.stop();
  }
}

void main();
