/**
 * What people see and touch: the history, the line at each cell, the status bar, with the real host.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, streamOf } from './history.js';
import { JupyterLab } from './jupyter-lab.js';
import { LabPage, launchBrowser } from './lab-page.js';
import { until } from './until.js';

/** The panel of one page. */
class History {
  readonly rows: Locator;
  readonly banner: Locator;
  readonly who: Locator;
  readonly what: Locator;

  constructor(readonly page: Page) {
    this.rows = page.locator('#colophon-history [role="treeitem"]');
    this.banner = page.locator('.jp-ColophonBanner');
    this.who = page.getByLabel('Filter by who');
    this.what = page.getByLabel('Filter by what');
  }

  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text }).first();
  }

  /** The sentences that are shown, once they fit. */
  async shows(what: string, fits: (sentences: string[]) => boolean): Promise<string[]> {
    return until(what, async () => {
      const sentences = await this.page.locator('.jp-ColophonEntry-sentence').allInnerTexts();
      return fits(sentences) && sentences;
    });
  }
}

describe('what people see', () => {
  const lab = new JupyterLab();
  const errors: string[] = [];
  let browser: Browser;

  const open = async (user: 'alice' | 'bob', path: string) => {
    const lens = await LabPage.open(browser, lab, user, path);
    lens.page.setDefaultTimeout(15_000);
    lens.page.on('pageerror', error => errors.push(String(error.stack)));
    lens.page.on('console', message => {
      // JupyterLab's widget manager says so of what the manager of another page asks a kernel without widgets.
      if (message.type() === 'error' && !message.text().startsWith('Comm not found')) {
        errors.push(message.text());
      }
    });
    await lens.kernelIdle();
    await lens.command('colophon:open-history');
    const history = new History(lens.page);
    await history.what.waitFor();
    return { lens, history };
  };
  const footer = (lens: LabPage, index: number) => lens.cell(index).locator('.jp-ColophonFooter');
  const status = (lens: LabPage) => lens.page.locator('.jp-ColophonStatusItem');
  const choose = async (lens: LabPage, name: string) => {
    await status(lens).getByRole('button').click();
    await lens.page.getByRole('menuitem', { name, exact: true }).click();
  };

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), lab.start()]);
    await lab.fetch('lab/api/settings/@jupyterlab/apputils-extension:notification', {
      method: 'PUT',
      body: JSON.stringify({ raw: '{"fetchNews": "false"}' })
    });
  });
  afterAll(async () => {
    await browser.close();
    await lab.stop();
  });

  it('[U15] shows both people what happens as it happens; they can narrow it and go to the cell', async () => {
    const path = lab.writeNotebook('both.ipynb', { one: 'x = 1', two: 'y = 2', three: 'z = 3' });
    const alice = await open('alice', path);
    const bob = await open('bob', path);
    await alice.lens.edit(0);
    await alice.lens.page.keyboard.type('# alice\n');
    await bob.lens.edit(1);
    await bob.lens.page.keyboard.type('# bob\n');
    await bob.lens.page.keyboard.press('Control+Enter');
    for (const { history } of [alice, bob]) {
      await history.row(/Alice edited cell 1/).waitFor();
      await history.row(/Bob edited cell 2/).waitFor();
      await history.row(/Bob ran cell 2 · ok/).waitFor();
    }

    const { history, lens } = alice;
    await history.who.selectOption({ label: 'Bob' });
    await history.shows('Bob’s deeds', all => all.every(text => text.startsWith('Bob')));
    await history.what.selectOption('Edits');
    await history.shows('Bob’s edits', all => all.join() === 'Bob edited cell 2');
    await history.row('Bob edited').click();
    await lens.page.locator('.jp-Cell.jp-mod-active', { hasText: 'y = 2' }).waitFor();

    await history.who.selectOption({ label: 'Everyone' });
    await history.what.selectOption('Main events');
    await history.shows('no routine', all => !/saved|language_info|started/.test(all.join()));
    await history.what.selectOption('Everything');
    await history.row('started the agent').waitFor();
    await history.what.selectOption('Main events');

    await lens.command('colophon:show-cell-history');
    await history.shows('one cell', all => all.every(text => text.includes('cell 2')));
    await lens.page.getByTitle('Show all cells').click();

    await bob.lens.edit(0);
    await bob.lens.page.keyboard.press('Escape');
    await bob.lens.page.keyboard.press('d');
    await bob.lens.page.keyboard.press('d');
    await history.row('Alice edited a deleted cell').click();
    await lens.page.getByText('That cell is no longer in the notebook.').first().waitFor();
    expect(errors).toEqual([]);
    await alice.lens.close();
    await bob.lens.close();
  });

  it('[DU14] shows the record of a run after its cell was run again, and after it was deleted', async () => {
    const path = lab.writeNotebook('record.ipynb', { one: "print('first')", two: '' });
    const { lens, history } = await open('alice', path);
    await lens.edit(0);
    await lens.page.keyboard.press('Control+Enter');
    await footer(lens, 0).getByText('Ran by Alice').waitFor();
    await lens.edit(0);
    await lens.page.keyboard.press('Control+A');
    await lens.page.keyboard.type("print('second')");
    await lens.page.keyboard.press('Control+Enter');
    await lens.cell(0).getByText('second', { exact: true }).waitFor();
    await lens.page.keyboard.press('Escape');
    await lens.page.keyboard.press('d');
    await lens.page.keyboard.press('d');
    await history.shows('that the cell is gone', all =>
      all.some(text => /Alice ran a deleted cell/.test(text))
    );
    const run = history.rows.filter({ hasText: /ran a deleted cell/ }).last();
    await run.getByTitle('Show details').click();
    await run
      .getByText(/^python3 · python 3\.\d+\.\d+ · ipython .+ · \d+ packages \(\w{12}\)$/)
      .waitFor();
    await run.locator('section', { hasText: 'Outputs at its end' }).getByText('first').waitFor();
    expect(errors).toEqual([]);
    await lens.close();
  });

  it('[U16] says at each cell who runs it and since when, who waits, and how it ended', async () => {
    const path = lab.writeNotebook('cells.ipynb', {
      slow: 'import time\nwhile True: time.sleep(.05)',
      next: '1 / 0'
    });
    const { lens } = await open('alice', path);
    await lens.edit(0);
    await lens.page.keyboard.press('Control+Enter');
    await lens.edit(1);
    await lens.page.keyboard.press('Control+Enter');
    await footer(lens, 0).getByText('Running for Alice · 2 s so far').waitFor();
    await footer(lens, 1).getByText('Waits, next in line · for Alice').waitFor();
    await status(lens).getByText('Colophon: running 1, waiting 1').waitFor();
    await choose(lens, 'Cancel Waiting Cells');
    await status(lens).getByText('Colophon: running 1', { exact: true }).waitFor();
    await choose(lens, 'Interrupt the Running Cell');
    await footer(lens, 0)
      .getByText(/Interrupted, run by Alice · .+ s · KeyboardInterrupt/)
      .waitFor();
    await lens.edit(1);
    await lens.page.keyboard.press('Control+Enter');
    await footer(lens, 1)
      .getByText(/Failed, run by Alice · .+ · ZeroDivisionError/)
      .waitFor();
    expect(errors).toEqual([]);
    await lens.close();
  });

  it('[U17] starts, stops and restarts the agent from the status bar', async () => {
    const path = lab.writeNotebook('agent.ipynb', { one: 'x = 1' });
    const { lens, history } = await open('alice', path);
    const title = (text: string) => status(lens).getByTitle(text).waitFor();
    await title('The agent starts when you run a cell.');
    await choose(lens, 'Start Agent');
    await title('The agent of this notebook is ready.');
    await choose(lens, 'Restart Agent');
    await history.row('Alice restarted the agent').waitFor();
    await title('The agent of this notebook is ready.');
    await choose(lens, 'Stop Agent');
    await history.row('Alice stopped the agent').waitFor();
    await title('The agent starts when you run a cell.');
    expect(errors).toEqual([]);
    await lens.close();
  });

  it('[U18] loads older entries when the list is scrolled, and the keyboard reaches them all', async () => {
    const path = lab.writeNotebook('long.ipynb', { one: '', two: '' });
    const { lens, history } = await open('alice', path);
    const changes = 160;
    await lens.page.evaluate(async count => {
      const notebook = (globalThis as unknown as Lab).jupyterapp.shell.currentWidget.content;
      for (let change = 0; change < count; change++) {
        for (const { model } of notebook.widgets) {
          model.sharedModel.setSource(`x = ${change}`);
          await new Promise(done => requestAnimationFrame(done));
          model.sharedModel.setMetadata('tags', [String(change)]);
        }
      }
    }, changes);
    const stream = await streamOf(lab, path);
    const all = await until('all changes are in the journal', async () => {
      const events = await eventsOf(lab, stream);
      return events.filter(({ type }) => type === 'cell.metadata-changed').length >= 2 * changes
        ? events.length
        : undefined;
    });
    expect(all).toBeGreaterThan(4 * changes);
    await lens.reload();
    await history.rows.first().waitFor();
    expect(await history.rows.count()).toBeLessThan(80);

    await history.what.focus();
    await lens.page.keyboard.press('Tab');
    const current = history.page.locator('[role="treeitem"]:focus');
    expect(await current.getAttribute('aria-posinset')).toBe('1');
    await lens.page.keyboard.press('ArrowDown');
    await lens.page.keyboard.press('ArrowRight');
    await until('the end of the history', async () => {
      await lens.page.keyboard.press('End');
      return lens.page.getByText('The beginning of the history.').isVisible();
    });
    await lens.page.keyboard.press('End');
    await current.getByText('opened the notebook').waitFor();
    const oldest = history.row('opened the notebook');
    const before = await oldest.boundingBox();
    const size = await oldest.getAttribute('aria-setsize');
    await lens.edit(0);
    await lens.page.keyboard.type('# news\n');
    await until('news at the top, out of view', async () => {
      return (await oldest.getAttribute('aria-setsize')) !== size;
    });
    expect(await oldest.boundingBox()).toEqual(before);
    await oldest.focus();
    await lens.page.keyboard.press('Home');
    await until('the first entry', async () => {
      return (await current.getAttribute('aria-posinset')) === '1';
    });
    expect(errors).toEqual([]);
    await lens.close();
  });

  it('[U19] can be read in the dark theme, and obeys its settings at once', async () => {
    const path = lab.writeNotebook('dark.ipynb', { one: 'x = 1', two: '1 / 0' });
    const { lens, history } = await open('alice', path);
    await lens.command('apputils:change-theme', { theme: 'JupyterLab Dark' });
    await lens.page.locator('body[data-jp-theme-light="false"]').waitFor({ state: 'attached' });
    await lens.command('notebook:run-all-cells');
    await footer(lens, 1)
      .getByText(/Failed, run by Alice/)
      .waitFor();
    await history.what.selectOption('Everything');
    await history.row('saved the notebook').waitFor();
    for (const part of [
      '.jp-ColophonEntry-sentence',
      '.jp-ColophonEntry-preview',
      '.jp-ColophonEntry time',
      '.jp-ColophonFooter',
      '.jp-ColophonStatusItem-button'
    ]) {
      const ratios = await lens.page.locator(part).evaluateAll(contrasts);
      expect(Math.min(...ratios), part).toBeGreaterThan(4.5);
    }

    await footer(lens, 0).getByText('Ran by Alice').waitFor();
    await lab.fetch('lab/api/settings/jupyterlab-colophon:plugin', {
      method: 'PUT',
      body: JSON.stringify({ raw: '{"relativeTime": false}' })
    });
    await lens.command('settingeditor:open', { query: 'Colophon' });
    await lens.page.getByLabel('Show who ran and changed a cell').uncheck();
    await until('the lines are gone', async () => {
      return (await lens.page.locator('.jp-ColophonFooter').count()) === 0;
    });
    expect(errors).toEqual([]);
    await lens.close();
  });

  it('[U20] says when the host is gone or stopped, and catches up by itself', async () => {
    const path = lab.writeNotebook('lost.ipynb', { one: 'x = 1', two: '' });
    const { lens, history } = await open('bob', path);
    const { host } = await lab.json<{ host: { pid: number } }>('colophon/status');
    process.kill(host.pid, 'SIGKILL');
    await history.banner.getByText('Not connected.').waitFor();
    await history.banner.waitFor({ state: 'detached' });
    await lens.edit(0);
    await lens.page.keyboard.type('# back\n');
    await history.row('Bob edited cell 1').waitFor();

    await lab.fetch('colophon/stop', { method: 'POST' });
    await history.banner.getByText('Colophon is stopped.').waitFor();
    await lens.edit(1);
    await lens.page.keyboard.type('while_stopped = True');
    await choose(lens, 'Start Colophon');
    await history.banner.waitFor({ state: 'detached' });
    await history.row('while_stopped').waitFor();
    await lens.close();
  });
});

interface Lab {
  readonly jupyterapp: {
    readonly shell: {
      readonly currentWidget: {
        readonly content: {
          readonly widgets: readonly {
            readonly model: {
              readonly sharedModel: {
                setSource(source: string): void;
                setMetadata(key: string, value: unknown): void;
              };
            };
          }[];
        };
      };
    };
  };
}

/** Contrast of each element's text to what lies behind it, as WCAG counts it. Runs in the page. */
function contrasts(elements: readonly Element[]): number[] {
  type Colour = [number, number, number, number];
  const parse = (text: string): Colour => {
    // `rgb(0 to 255 …)`, or `color(srgb 0 to 1 …)` for a mixed colour.
    const scale = text.startsWith('color(srgb') ? 255 : 1;
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [red * scale, green * scale, blue * scale, alpha];
  };
  const over = (top: Colour, below: Colour): Colour => {
    const mix = (index: 0 | 1 | 2) => top[index] * top[3] + below[index] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const behind = (element: Element | null): Colour => {
    if (element === null) {
      return [255, 255, 255, 1];
    }
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const light = ([red, green, blue]: Colour) => {
    const linear = [red, green, blue].map(value => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  return elements.map(element => {
    const below = behind(element);
    const text = over(parse(getComputedStyle(element).color), below);
    const [high = 0, low = 0] = [light(text), light(below)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  });
}
