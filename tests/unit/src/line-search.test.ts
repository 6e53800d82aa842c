import { describe, expect, it } from 'vitest';
import type { MatchPage, Needle } from '../../../src/client/artifact-api.js';
import { LineSearch } from '../../../src/panels/artifacts/line-search.js';

/** A host that searches a few lines at a time, so that an answer may be empty without being the last. */
function searched(lines: string[], atOnce = 2, stride = 7) {
  const calls: number[] = [];
  const shown = { count: 0 };
  const search = async (needle: Needle, from: number, limit: number): Promise<MatchPage> => {
    calls.push(from);
    const matches: { line: number; at: number }[] = [];
    let line = from;
    for (; line < Math.min(lines.length, from + stride) && matches.length < limit; line += 1) {
      const text = lines[line] ?? '';
      for (let at = text.indexOf(needle.text); at >= 0; at = text.indexOf(needle.text, at + 1)) {
        matches.push({ line, at });
      }
    }
    return { matches, next: line < lines.length ? line : null };
  };
  const made = new LineSearch({
    search,
    total: () => lines.length,
    onChanged: () => {},
    onChosen: () => (shown.count += 1),
    atOnce
  });
  return { search: made, calls, shown };
}

const rest = () => new Promise(setImmediate);
const needle = (text: string): Needle => ({ text, matchCase: true });

describe('the search in a long output', () => {
  it('[AV4] finds every place once and in order, a few at once, more when one goes on', async () => {
    const lines = Array.from({ length: 100 }, (_, line) => (line % 10 === 5 ? 'xax a' : '-'));
    const { search, calls } = searched(lines);
    search.start(needle('a'));
    await rest();
    expect([search.matches.length, search.isComplete, search.current]).toEqual([2, false, 0]);
    expect(calls.length).toBe(1);
    const seen: string[] = [];
    for (let step = 0; step < 20; step += 1) {
      const match = search.matches[search.current];
      seen.push(`${match?.line}:${match?.at}`);
      await search.step(1);
    }
    const tens = Array.from({ length: 10 }, (_, ten) => [`${ten}5:1`, `${ten}5:4`]).flat();
    expect(seen).toEqual(tens.map(place => place.replace(/^0/, '')));
    expect([search.isComplete, search.current]).toEqual([true, 0]);
    await search.step(-1);
    expect(search.current).toBe(19);
  });

  it('[AV4] brings the only match into view again when one goes on', async () => {
    const { search, shown } = searched(['-', 'a', '-']);
    search.start(needle('a'));
    await rest();
    expect([search.current, shown.count]).toEqual([0, 1]);
    await search.step(1);
    await search.step(-1);
    expect([search.current, shown.count]).toEqual([0, 3]);
  });

  it('[AV4] says that there is nothing only after all was looked through', async () => {
    const { search } = searched(Array.from({ length: 50 }, () => '-'));
    search.start(needle('a'));
    expect([search.isSearching, search.isComplete]).toEqual([true, false]);
    await rest();
    expect([search.isSearching, search.isComplete, search.matches.length]).toEqual([
      false,
      true,
      0
    ]);
    await search.step(1);
    expect(search.current).toBe(-1);
  });

  it('[AV4] goes on where the output has grown, the last line included, and finds nothing twice', async () => {
    const lines = ['a', '-', 'a begun'];
    const { search } = searched(lines, 100);
    search.start(needle('a'));
    await rest();
    lines[2] = 'a begun and a';
    lines.push('-', 'a');
    search.grown();
    await rest();
    expect(search.matches).toEqual([
      { line: 0, at: 0 },
      { line: 2, at: 0 },
      { line: 2, at: 8 },
      { line: 2, at: 12 },
      { line: 4, at: 0 }
    ]);
    expect(search.current).toBe(0);
  });

  it('[AV4] that was begun anew shows nothing of the one before; a failure is told and tried again', async () => {
    const lines = ['a', 'b'];
    let fails = true;
    const answers: (() => void)[] = [];
    const search = new LineSearch({
      search: async ({ text }) => {
        await new Promise<void>(resolve => answers.push(resolve));
        if (fails) {
          throw new Error('away');
        }
        return { matches: [{ line: lines.indexOf(text), at: 0 }], next: null };
      },
      total: () => 2,
      onChanged: () => {},
      onChosen: () => {}
    });
    search.start(needle('a'));
    search.start(needle('b'));
    answers.forEach(answer => answer());
    await rest();
    expect([search.trouble, search.matches]).toEqual([new Error('away'), []]);
    fails = false;
    search.retry();
    answers.at(-1)?.();
    await rest();
    expect([search.trouble, search.matches]).toEqual([undefined, [{ line: 1, at: 0 }]]);
  });
});
