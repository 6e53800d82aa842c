import { describe, expect, it } from 'vitest';
import { LinePages } from '../../../src/panels/artifacts/line-pages.js';

/** A text at a host that answers when it is told to. */
function host(total: number, most = Infinity) {
  const asked: { from: number; count: number; answer: (fails?: Error) => void }[] = [];
  const text = { total };
  const read = (from: number, count: number) =>
    new Promise<{ from: number; total: number; lines: string[] }>((resolve, reject) => {
      asked.push({
        from,
        count,
        answer: fails => {
          const length = Math.max(0, Math.min(count, most, text.total - from));
          const lines = Array.from({ length }, (_, index) => `line ${from + index}`);
          return fails ? reject(fails) : resolve({ from, total: text.total, lines });
        }
      });
    });
  return { asked, text, read };
}

/** Lets everything that has been answered arrive. */
async function settle({ asked }: ReturnType<typeof host>): Promise<void> {
  for (let done = 0; done < asked.length;) {
    asked[done]?.answer();
    done += 1;
    await new Promise(setImmediate);
  }
}

describe('the lines of a long output', () => {
  it('[AV3] are read where one looks, two pages at a time, and those looked at long ago are let go', async () => {
    const far = host(1_000_000);
    const pages = new LinePages({
      read: far.read,
      onChanged: () => {},
      pageSize: 100,
      mostPages: 6
    });
    pages.grow(1_000_000);
    for (let from = 0; from < 500_000; from += 10_000) {
      pages.want(from, from + 60);
    }
    expect(far.asked.length).toBe(2);
    await settle(far);
    expect(pages.line(490_059)).toBe('line 490059');
    expect(pages.line(250_000)).toBeUndefined();
    expect(far.asked.length).toBeLessThan(8);
    for (let from = 0; from < 5_000; from += 50) {
      pages.want(from, from + 60);
      await settle(far);
      expect([pages.line(from), pages.line(from + 59)]).toEqual([
        `line ${from}`,
        `line ${from + 59}`
      ]);
    }
    const held = Array.from({ length: 5_000 }, (_, line) => pages.line(line)).filter(Boolean);
    expect(held.length).toBeLessThanOrEqual(600);
  });

  it('[AV3] are complete also where an answer has fewer than were asked for', async () => {
    const slow = host(250, 30);
    const pages = new LinePages({ read: slow.read, onChanged: () => {}, pageSize: 100 });
    pages.grow(250);
    pages.want(0, 250);
    await settle(slow);
    const lines = Array.from({ length: 250 }, (_, line) => pages.line(line));
    expect(lines).toEqual(lines.map((_, line) => `line ${line}`));
  });

  it('[AV3] that are added while the run goes on appear behind those that are there', async () => {
    const growing = host(150);
    const pages = new LinePages({ read: growing.read, onChanged: () => {}, pageSize: 100 });
    pages.grow(150);
    pages.want(100, 150);
    await settle(growing);
    growing.text.total = 320;
    pages.grow(320);
    pages.want(140, 320);
    await settle(growing);
    expect(pages.line(319)).toBe('line 319');
    growing.text.total = 321;
    pages.complete(321);
    pages.want(300, 321);
    await settle(growing);
    expect([pages.total, pages.line(320)]).toEqual([321, 'line 320']);
  });

  it('[AV3] that cannot be read are told as trouble, not asked for again and again, and read on Retry', async () => {
    const away = host(100);
    let changes = 0;
    const pages = new LinePages({
      read: away.read,
      onChanged: () => (changes += 1),
      pageSize: 100
    });
    pages.grow(100);
    pages.want(0, 50);
    away.asked[0]?.answer(new Error('away'));
    await new Promise(setImmediate);
    expect([pages.trouble, changes]).toEqual([new Error('away'), 1]);
    pages.want(10, 60);
    expect(away.asked.length).toBe(1);
    pages.retry();
    expect(away.asked.length).toBe(2);
    away.asked[1]?.answer();
    await new Promise(setImmediate);
    expect([pages.trouble, pages.line(10)]).toEqual([undefined, 'line 10']);
  });
});
