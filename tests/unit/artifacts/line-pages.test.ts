/** Lines and search of stored text, against what a plain reading of the whole gives. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LineIndex } from '../../../agent/artifacts/line-index.js';
import { readLines, searchLines } from '../../../agent/artifacts/line-pages.js';
import type { LinePage, MatchPage, SearchQuery } from '../../../agent/ports/artifacts.js';

const folder = mkdtempSync(join(tmpdir(), 'colophon-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function opened<T>(
  text: string,
  work: (file: Awaited<ReturnType<typeof open>>, index: LineIndex, size: number) => Promise<T>
): Promise<T> {
  const path = join(folder, 'text');
  writeFileSync(path, text);
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const index = new LineIndex();
    await index.extend(file, size);
    return await work(file, index, size);
  } finally {
    await file.close();
  }
}

const lines = (text: string, from: number, count: number): Promise<LinePage> =>
  opened(text, (file, index, size) => readLines(file, index, size, { from, count }));
const search = (text: string, query: SearchQuery, now = () => 0): Promise<MatchPage> =>
  opened(text, (file, index, size) => searchLines(file, index, size, query, now));

/** Every line; an end without a line end counts. */
function linesOf(text: string): string[] {
  const all = text.split('\n');
  return (all.at(-1) === '' ? all.slice(0, -1) : all).map(line => line.replace(/\r$/, ''));
}

const word = fc.constantFrom('a', 'ab', 'ß', '𝄞', 'Ä', '\n', '\n\n', '\r\n', ' ', '\0', '(');
const text = fc.array(word, { maxLength: 40 }).map(words => words.join(''));

describe('the lines of a stored text', () => {
  it('[AR8] are those of the whole text, wherever a page begins', async () => {
    const page = fc.nat({ max: 30 });
    await fc.assert(
      fc.asyncProperty(text, fc.nat({ max: 3 }), page, page, async (some, times, from, count) => {
        const whole = `${some}\n`.repeat(times * 700) + some;
        const all = linesOf(whole);
        const start = times * 100 + from;
        expect(await lines(whole, start, count)).toEqual({
          ...{ from: start, total: all.length },
          lines: all.slice(start, start + count)
        });
      }),
      { numRuns: 60 }
    );
  });

  it('[AR8] a line of any length is cut, and told to be', async () => {
    const long = '𝄞'.repeat(200_000);
    const page = await lines(`a\n${long}\nb`, 1, 5);
    expect(page).toEqual({ from: 1, total: 3, lines: ['𝄞'.repeat(5_000), 'b'], cut: [1] });
  });

  it('[AR8] a page ends before it is too large to send', async () => {
    const page = await lines(`${'x'.repeat(9_999)}\n`.repeat(500), 100, 400);
    expect(page.lines.length).toBeGreaterThan(100);
    expect(page.lines.length).toBeLessThan(300);
  });

  it('[AR8] grow with an upload, read on from where they were', async () => {
    const path = join(folder, 'grows');
    const index = new LineIndex();
    writeFileSync(path, 'one\ntw');
    const file = await open(path, 'r');
    await index.extend(file, 6);
    expect(index.total).toBe(2);
    writeFileSync(path, 'o\nthree\n', { flag: 'a' });
    await index.extend(file, 14);
    expect(index.total).toBe(3);
    const page = await readLines(file, index, 14, { from: 1, count: 9 });
    expect(page.lines).toEqual(['two', 'three']);
    await file.close();
  });
});

describe('the search in a stored text', () => {
  it('[AR8] finds what is there, in order, page by page', async () => {
    const needle = fc.constantFrom('a', 'ab', 'B', 'ß', '𝄞', 'ä', '(', '\0');
    const limit = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        text,
        needle,
        fc.boolean(),
        limit,
        async (whole, sought, matchCase, most) => {
          const found: [number, number][] = [];
          for (let from: number | null = 0; from !== null;) {
            const query: SearchQuery = { text: sought, matchCase, from, limit: most };
            const page: MatchPage = await search(whole, query);
            expect(page.next === null || page.next > from).toBe(true);
            found.push(...page.matches.map(({ line, at }): [number, number] => [line, at]));
            from = page.next;
          }
          const fold = (some: string) => (matchCase ? some : some.toLowerCase());
          const expected = linesOf(whole).flatMap((line, number) => {
            const places: [number, number][] = [];
            const step = fold(sought).length;
            for (let at = fold(line).indexOf(fold(sought)); at >= 0;) {
              places.push([number, at]);
              at = fold(line).indexOf(fold(sought), at + step);
            }
            return places.slice(0, most);
          });
          expect(found).toEqual(expected);
        }
      ),
      { numRuns: 200 }
    );
  });

  it('[AR8] finds what stands across the border of two pieces, once', async () => {
    const whole = `${'x'.repeat((1 << 18) - 3)}needle${'y'.repeat(1 << 18)}needle`;
    const { matches, next } = await search(whole, {
      ...{ text: 'NEEDLE', matchCase: false, from: 0, limit: 200 }
    });
    expect(matches.map(({ line, at }) => [line, at])).toEqual([
      [0, (1 << 18) - 3],
      [0, (1 << 19) + 3]
    ]);
    expect(matches[0]?.text.slice((matches[0]?.at ?? 0) - (matches[0]?.textFrom ?? 0))).toMatch(
      /^needle/
    );
    expect(next).toBeNull();
  });

  it('[AR8] gives what it has after a second, and says where to go on', async () => {
    let now = 0;
    const query = { text: 'b', matchCase: true, from: 0, limit: 200 };
    const page = await search('a\nb\na\nb\n', query, () => (now += 600));
    expect([page.matches.map(({ line }) => line), page.next]).toEqual([[1], 2]);
    const long = `${'b'.repeat(3 << 18)}\nb\n`;
    now = 0;
    const cut = await search(long, { ...query, limit: 2 }, () => (now += 600));
    expect([cut.matches.map(({ at }) => at), cut.next]).toEqual([[0, 1], 1]);
  });
});
