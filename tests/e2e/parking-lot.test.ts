/**
 * The parking lot: start a long run, close everything, come back on another machine.
 */
import { describe, expect, it } from 'vitest';
import { eventually, streamOf } from './history.js';
import { stage } from './stage.js';
import { until } from './until.js';

const SECONDS = 20;
const SLOW = `import time
import matplotlib.pyplot as plt
for second in range(1, ${SECONDS + 1}):
    print(f"second {second}", flush=True)
    time.sleep(1)
plt.plot([1, 2, 3])
plt.show()`;
const LINES = Array.from({ length: SECONDS }, (_, index) => `second ${index + 1}\n`).join('');

describe('the parking lot', () => {
  const { lab, open } = stage();

  it('[E1] a run goes on with every page closed; a fresh profile finds each line and the plot once, and the history', async () => {
    const path = lab.writeNotebook('slow.ipynb', { slow: SLOW, after: '6 * 7' });
    const first = await open('alice', path);
    await first.kernelIdle();
    await first.edit(0);
    await first.page.keyboard.press('Shift+Enter');
    await first.outputs(0).first().getByText('second 3').waitFor();
    await first.screenshot('parking-lot-running');
    await first.close();

    const stream = await streamOf(lab, path);
    const finished = await eventually(lab, stream, 'execution.finished', () => true, 60_000);
    expect(finished.data.outcome).toBe('ok');
    const requested = await eventually(lab, stream, 'execution.requested');
    const started = await eventually(lab, stream, 'execution.started');
    expect(requested.actor).toMatchObject({ kind: 'human', id: 'alice' });
    expect(requested.assurance).toBe('verified');
    expect(requested.data.source).toBe(SLOW);
    const seconds =
      (Date.parse(finished.data.finishedAt) - Date.parse(started.data.startedAt)) / 1000;
    expect(seconds).toBeGreaterThan(SECONDS - 1);

    const second = await open('bob', path);
    await second.outputs(0).locator('img').waitFor();
    const text = await second.outputs(0).locator('pre').allTextContents();
    expect(text.join('')).toBe(LINES);
    expect(await second.outputs(0).locator('img').count()).toBe(1);
    await until(
      'the prompt shows the count',
      async () => (await second.prompt(0).textContent()) === '[1]:'
    );

    await second.command('colophon:open-history');
    const panel = second.page.locator('#colophon-history [role="treeitem"]');
    await panel.getByText(/ran cell 1 · ok/).waitFor();
    await second.screenshot('parking-lot-back');
    await until('the notebook on disk is complete', () => {
      const outputs = lab.readNotebook(path).cells[0]?.outputs ?? [];
      const streamed = outputs.filter(output => output.output_type === 'stream');
      const plots = outputs.filter(output => output.data?.['image/png'] !== undefined);
      return (
        plots.length === 1 &&
        streamed.map(output => [output.text ?? []].flat().join('')).join('') === LINES
      );
    });
    await second.close();
  });
});
