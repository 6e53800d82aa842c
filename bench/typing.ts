/**
 * From a key press in one browser until the character is in the editor of another: two people in one
 * notebook, JupyterLab with jupyter-collaboration and Colophon against the same without Colophon, both
 * running all the while, in turns. Milliseconds; COLOPHON_KEYS says how many keys each.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { LabPage, launchBrowser } from '../tests/e2e/lab-page.js';
import { percentile, spread } from './figures/spread.js';
import { Typist, waits } from './figures/typist.js';

const KEYS = Number(process.env['COLOPHON_KEYS'] ?? 400);
const WARM_UP = 40;
/** Keys of one side before it is the other's turn. */
const TURN = 20;
/** Between two keys, at least and at most. */
const REST = [40, 80] as const;

class Pair {
  #pressed = 0;

  private constructor(
    readonly lab: JupyterLab,
    private readonly writer: Typist,
    private readonly reader: Typist
  ) {}

  static async open(browser: Browser, withoutColophon: boolean): Promise<Pair> {
    const lab = await new JupyterLab({ withoutColophon }).start();
    const path = lab.writeNotebook('typing.ipynb', { a: '# ', b: '' });
    const alice = await LabPage.open(browser, lab, 'alice', path);
    const bob = await LabPage.open(browser, lab, 'bob', path);
    await Promise.all([alice.kernelIdle(), bob.kernelIdle()]);
    const writer = await Typist.at(alice, 0);
    return new Pair(lab, writer, await Typist.at(bob, 0));
  }

  async turn(): Promise<void> {
    for (let key = 0; key < TURN; key += 1) {
      await this.writer.press();
      this.#pressed += 1;
      await this.reader.painted(this.#pressed);
      const [least, most] = REST;
      await pause(least + Math.random() * (most - least));
    }
  }

  async figures(): Promise<{ edited: number[]; painted: number[] }> {
    const [{ keys }, { edited, painted }] = await Promise.all([
      this.writer.noted(),
      this.reader.noted()
    ]);
    return {
      edited: waits(keys, edited).slice(WARM_UP),
      painted: waits(keys, painted).slice(WARM_UP)
    };
  }
}

async function main(): Promise<void> {
  const browser = await launchBrowser();
  const pairs: Pair[] = [];
  try {
    const colophon = await Pair.open(browser, false);
    pairs.push(colophon);
    const plain = await Pair.open(browser, true);
    pairs.push(plain);
    for (let turn = 0; turn < (KEYS + WARM_UP) / TURN; turn += 1) {
      const order = turn % 2 === 0 ? [colophon, plain] : [plain, colophon];
      for (const pair of order) {
        await pair.turn();
      }
    }
    const ours = await colophon.figures();
    const theirs = await plain.figures();
    for (const what of ['edited', 'painted'] as const) {
      const ratio = (share: number): string =>
        (percentile(ours[what], share) / percentile(theirs[what], share)).toFixed(3);
      console.log(`${what.padEnd(8)} with Colophon     ${spread(ours[what])}`);
      console.log(`         without           ${spread(theirs[what])}`);
      console.log(`         ratio             p50 ${ratio(0.5)}   p99 ${ratio(0.99)}`);
    }
  } finally {
    await browser.close();
    await Promise.all(pairs.map(({ lab }) => lab.stop()));
  }
}

void main();
