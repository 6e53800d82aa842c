/**
 * Keys typed into a cell of a page, and when their characters were there: in the editor of the same
 * page, or of another one. Times of all pages are on one clock, in ms since the epoch.
 */
import type { Page } from 'playwright-core';
import type { LabPage } from '../../tests/e2e/lab-page.js';

const LETTERS = 'etaoinshrdlu';

/** What a page notes; index 0 is the first key or character after `watch`. */
export interface Noted {
  /** When the browser took the key. */
  readonly keys: readonly number[];
  /** When the editor had one character more. */
  readonly edited: readonly number[];
  /** When the next frame had been painted. */
  readonly painted: readonly number[];
}

interface Watching {
  colophonNoted: { keys: number[]; edited: number[]; painted: number[] };
}

export class Typist {
  #typed = 0;

  private constructor(readonly lens: LabPage) {}

  /** Puts the caret into the cell's editor and notes from now on. */
  static async at(lens: LabPage, cell: number): Promise<Typist> {
    const self = new Typist(lens);
    await lens.edit(cell);
    await lens.page.keyboard.press('Control+End');
    await watch(lens.page, cell);
    return self;
  }

  /** Presses the next letter; settles when the browser has taken it. */
  press(): Promise<void> {
    const letter = LETTERS[this.#typed % LETTERS.length] ?? 'e';
    this.#typed += 1;
    return this.lens.page.keyboard.press(letter);
  }

  /** Settles when so many characters were painted. */
  async painted(count: number): Promise<void> {
    await this.lens.page.waitForFunction(
      wanted => (globalThis as unknown as Watching).colophonNoted.painted.length >= wanted,
      count,
      { polling: 20, timeout: 60_000 }
    );
  }

  noted(): Promise<Noted> {
    return this.lens.page.evaluate(() => (globalThis as unknown as Watching).colophonNoted);
  }
}

async function watch(page: Page, cell: number): Promise<void> {
  await page.evaluate(index => {
    const editor = document.querySelectorAll('.jp-Notebook .jp-Cell')[index]!;
    const content = editor.querySelector<HTMLElement>('.cm-content')!;
    const noted = { keys: [] as number[], edited: [] as number[], painted: [] as number[] };
    (globalThis as unknown as Watching).colophonNoted = noted;
    const now = () => performance.timeOrigin + performance.now();
    const begin = content.textContent.length;
    content.addEventListener(
      'keydown',
      event => {
        if (event.key.length === 1 && !event.ctrlKey) {
          noted.keys.push(performance.timeOrigin + event.timeStamp);
        }
      },
      { capture: true }
    );
    new MutationObserver(() => {
      const more = content.textContent.length - begin - noted.edited.length;
      if (more <= 0) {
        return;
      }
      const at = now();
      noted.edited.push(...Array<number>(more).fill(at));
      // A message that is sent while a frame is made arrives when it has been painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => noted.painted.push(...Array<number>(more).fill(now()));
        port2.postMessage(null);
      });
    }).observe(content, { childList: true, characterData: true, subtree: true });
  }, cell);
}

/** For each key the ms until that; both from the first on. */
export function waits(keys: readonly number[], then: readonly number[]): number[] {
  return keys.slice(0, then.length).map((key, index) => (then[index] ?? Number.NaN) - key);
}
