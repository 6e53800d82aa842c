/**
 * Outputs and widgets in the page: as in JupyterLab without Colophon, in every page alike, also in one
 * that was cut off while the cells ran, and after the page and the kernel are gone.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { WebSocketRoute } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { LabPage } from './lab-page.js';
import { BUSY_CAPTURE, OUTPUT_KINDS } from './output-kinds.js';
import { saved } from './saved.js';
import { stage } from './stage.js';
import { until } from './until.js';

const CELLS = Object.keys(OUTPUT_KINDS);
const SLIDER = CELLS.indexOf('slider');
const BUSY = CELLS.length;

const PATIENCE = { timeout: 30_000 };

/** What a page shows once it is drawn; of what is drawn later than the rest. */
const DRAWN: Readonly<Record<string, string>> = {
  markdown: 'mjx-container',
  latex: 'mjx-container',
  json: '.jp-RenderedJSON li',
  vega: 'canvas, svg.marks',
  vega5: 'canvas, svg.marks',
  slider: '.widget-readout',
  captured: '.widget-output b'
};

describe('outputs in the page', () => {
  const { lab, open } = stage();
  const line = new Line();
  let pages: { alice: LabPage; bob: LabPage };
  let path: string;

  it('[WG1] look as without Colophon, also in a page that was cut off while the cells ran', async () => {
    const plain = await open('alice', lab.writeNotebook('without.ipynb', OUTPUT_KINDS), lab, {
      plain: true
    });
    await plain.kernelIdle();
    await plain.command('notebook:run-all-cells');
    const expected = await settled(plain);
    await plain.close();

    path = lab.writeNotebook('with.ipynb', { ...OUTPUT_KINDS, busy: BUSY_CAPTURE });
    const alice = await open('alice', path);
    await alice.kernelIdle();
    const bob = await open('bob', path, lab, { room: line.take });
    pages = { alice, bob };
    await line.cut();
    await alice.edit(BUSY - 1);
    await alice.command('notebook:run-all-above');
    await alice.command('notebook:run-cell');
    await expect.poll(() => looks(alice), PATIENCE).toEqual(expected);
    expect(await bob.outputs(1).count()).toBe(0);
    line.mend();
    let late: Record<string, string> = {};
    const lateWords = async () => words((late = await looks(bob)));
    await expect.poll(lateWords, PATIENCE).toEqual(words(expected));
    // Trusted, because it was run.
    expect(late['html']).toContain('<i>ran</i>');
  });

  it('[WG2] a widget moves in every page, and what a run captures is shown at once in each, once', async () => {
    const { alice, bob } = pages;
    const readout = alice.cell(SLIDER).locator('.widget-readout');
    await readout.click();
    await readout.fill('42');
    await alice.page.keyboard.press('Enter');
    await bob.cell(SLIDER).locator('.widget-readout').getByText('42', { exact: true }).waitFor();

    await alice.edit(BUSY);
    await alice.command('notebook:run-cell');
    for (const page of [alice, bob]) {
      await page.cell(BUSY).locator('.widget-output').getByText('begun').waitFor();
      expect(await page.prompt(BUSY).textContent()).toBe('[*]:');
    }
    await alice.screenshot('widgets-live');
    writeFileSync(join(lab.root, 'go-on'), '');
    for (const page of [alice, bob]) {
      const output = page.cell(BUSY).locator('.jp-Cell-outputArea').first();
      await until('it ends', async () =>
        /^begun\s+ended\s+42 \[42\]\s+$/.test((await output.textContent()) ?? '')
      );
    }
  });

  it('[WG3] the state of widgets is in the file, and drawn from it once the kernel is gone', async () => {
    await Promise.all([pages.alice.close(), pages.bob.close()]);
    await saved(lab, path, '"value": 42', 'begun\\nended');
    for (const { id } of await lab.json<{ id: string }[]>('api/kernels')) {
      await lab.fetch(`api/kernels/${id}`, { method: 'DELETE' });
    }
    const later = await open('alice', path);
    await later.cell(SLIDER).locator('.widget-readout').getByText('42', { exact: true }).waitFor();
    await later.cell(BUSY).locator('.widget-output').getByText('ended').waitFor();
    await later.screenshot('widgets-saved');
    await later.close();
  });

  it('[WG10] a widget is drawn though its output comes before the kernel has told the page of it', async () => {
    const slow = new SlowKernel();
    const source = 'import ipywidgets as w\nw.IntSlider(value=7)';
    const page = await open('alice', lab.writeNotebook('late.ipynb', { late: source }), lab, {
      kernel: slow.take
    });
    const drawn = page.cell(0).locator('.widget-readout').getByText('7', { exact: true });
    await page.kernelIdle();
    await page.command('notebook:run-all-cells');
    await drawn.waitFor();
    slow.hold();
    await page.command('notebook:run-all-cells');
    await page.outputs(0).getByText('model not found').waitFor();
    slow.release();
    await drawn.waitFor();
    await page.close();
  });
});

/** The connection of a page to its room, which can be cut and mended. */
class Line {
  private whole = Promise.withResolvers<void>();
  private readonly sockets: WebSocketRoute[] = [];

  constructor() {
    this.whole.resolve();
  }

  readonly take = async (socket: WebSocketRoute): Promise<void> => {
    await this.whole.promise;
    socket.connectToServer();
    this.sockets.push(socket);
  };

  async cut(): Promise<void> {
    this.whole = Promise.withResolvers();
    await Promise.all(this.sockets.splice(0).map(socket => socket.close({ code: 1001 })));
  }

  mend(): void {
    this.whole.resolve();
  }
}

/** The connection of a page to its kernel, on which what the kernel says can be held back. */
class SlowKernel {
  private held: (() => void)[] | undefined;

  readonly take = (socket: WebSocketRoute): void => {
    socket.connectToServer().onMessage(message => {
      if (this.held === undefined) {
        socket.send(message);
      } else {
        this.held.push(() => socket.send(message));
      }
    });
  };

  hold(): void {
    this.held = [];
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    held.forEach(send => send());
  }
}

/** What each cell shows below its source, as HTML. */
async function looks(page: LabPage): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  const last = CELLS.length - 1;
  await page.outputs(last).getByText('ValueError').first().waitFor();
  for (const [index, id] of CELLS.entries()) {
    await page.cell(index).scrollIntoViewIfNeeded();
    if (DRAWN[id] !== undefined) {
      await page.cell(index).locator(DRAWN[id]).first().waitFor();
    }
    const area = page.cell(index).locator('.jp-Cell-outputArea').first();
    const html = (await area.count()) === 0 ? '' : await area.evaluate(node => node.innerHTML);
    shown[id] = normal(html);
  }
  return shown;
}

/** Without what differs from page to page, and what only tells in which order a page drew. */
function normal(html: string): string {
  return html
    .replaceAll(/ data-icon-id="[^"]*"| style=""/g, '')
    .replaceAll(/(?<= class=")[^"]*/g, names => names.split(' ').sort().join(' '));
}

/** The same, once nothing is drawn any more. */
async function settled(page: LabPage): Promise<Record<string, string>> {
  let before: Record<string, string>;
  let now = await looks(page);
  do {
    before = now;
    now = await looks(page);
  } while (!isDeepStrictEqual(before, now));
  return now;
}

/** What is read, without the sign that links to a heading. */
function words(shown: Record<string, string>): Record<string, string> {
  const read = (html: string): string => html.replaceAll(/<[^>]*>|¶/g, '');
  return Object.fromEntries(Object.entries(shown).map(([id, html]) => [id, read(html)]));
}
