/** Streams let go what they were told not to keep, as time passes. */
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../agent/journal/memory.js';
import { Retentions } from '../../../agent/loop/retention.js';
import type { Fact, StreamPath } from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';

const STREAM = '/kept' as StreamPath;
const NOTEBOOK = '/notebooks/one' as StreamPath;
const DAY_MS = 86_400_000;

describe('retention of streams', () => {
  it('[K3] trims at the start and every hour, says so, and never touches a notebook', async () => {
    const clock = new CrankedClock();
    let id = 0;
    const journal = memoryJournal({ next: () => String((id += 1)) }, clock);
    const append = (stream: StreamPath, fact: Fact) => {
      const at = new Date(clock.now()).toISOString();
      const ann = { actor: { kind: 'human', id: 'ann' }, assurance: 'verified' } as const;
      return journal.append({ stream, events: [{ ...fact, ...ann, at }] }).durable;
    };
    const posted: Fact = { type: 'event.posted', v: 1, data: { type: 'n', payload: {} } };
    const rule: Fact = { type: 'stream.retention-configured', v: 1, data: { days: 2 } };
    for (const stream of [STREAM, NOTEBOOK]) {
      await append(stream, rule);
      await append(stream, posted);
    }
    const retentions = new Retentions(journal, clock);
    retentions.start();
    clock.pass(DAY_MS);
    await append(STREAM, posted);
    await append(NOTEBOOK, posted);
    clock.pass(1.5 * DAY_MS);
    const left = journal.read(STREAM).map(({ offset, type }) => [offset, type]);
    expect(left).toEqual([
      [1, 'stream.retention-configured'],
      [3, 'event.posted'],
      [4, 'stream.trimmed']
    ]);
    expect(journal.read(STREAM).at(-1)?.data).toEqual({ before: 3, events: 1 });
    expect(journal.head(NOTEBOOK)).toBe(3);
    expect(journal.read(NOTEBOOK).length).toBe(3);
    retentions.stop();
    clock.pass(10 * DAY_MS);
    expect(journal.read(STREAM).length).toBe(3);
    await journal.close();
  });
});
