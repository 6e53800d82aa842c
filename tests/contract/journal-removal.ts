/** What every journal has to do when whole streams are taken out of it. */
import { describe, expect, it } from 'vitest';
import type { Journal } from '../../agent/ports/host.js';
import type { CommandId, StreamPath } from '../../schema/index.js';
import { draft, pathOf, STREAM, update } from './journal.js';

const OTHER = '/notebooks/two' as StreamPath;
const DELETIONS = '/deletions' as StreamPath;
const KEY = 'a-key' as CommandId;

export function removalContract(name: string, open: () => Promise<Journal>): void {
  describe(`removal from the journal: ${name}`, () => {
    const filled = async () => {
      const journal = await open();
      journal.append({
        stream: STREAM,
        events: [draft('a'), draft('b')],
        updates: [update(1, 1)],
        cursors: { here: 1 },
        command: KEY,
        mark: { epoch: 1, room: null, busy: true }
      });
      const last = journal.append({ stream: OTHER, events: [draft('x')] });
      await last.durable;
      journal.saveSnapshot(STREAM, { offset: 2, version: 1, state: {} });
      return journal;
    };

    it('[G11] takes everything of a stream out with the fact that says so, and nothing else', async () => {
      const journal = await filled();
      const told: string[] = [];
      journal.watch(event => told.push(pathOf(event)));
      const [event] = journal.remove([STREAM], { stream: DELETIONS, events: [draft('gone')] });
      expect([event?.offset, told]).toEqual([1, ['gone']]);
      expect(journal.streams().map(({ stream }) => stream)).toEqual([OTHER, DELETIONS]);
      expect(journal.read(STREAM)).toEqual([]);
      expect([journal.head(STREAM), journal.next(STREAM)]).toEqual([0, 1]);
      expect(journal.updates(STREAM)).toEqual([]);
      expect(journal.cursors(STREAM)).toEqual({});
      expect(journal.mark(STREAM)).toBeUndefined();
      expect(journal.busyStreams()).toEqual([]);
      expect(journal.snapshot(STREAM, 1)).toBeUndefined();
      expect(journal.answered(KEY)).toBeUndefined();
      expect(journal.read(OTHER).map(pathOf)).toEqual(['x']);
      await journal.close();
    });

    it('[G11] lets a removed stream begin anew, and commits what waited before', async () => {
      const journal = await filled();
      const waiting = journal.append({ stream: STREAM, events: [draft('c')] });
      journal.remove([STREAM], { stream: DELETIONS, events: [draft('gone')] });
      await waiting.durable;
      const again = journal.append({ stream: STREAM, events: [draft('new')], command: KEY });
      await again.durable;
      expect(journal.read(STREAM).map(({ offset }) => offset)).toEqual([1]);
      expect(journal.answered(KEY)?.map(pathOf)).toEqual(['new']);
      expect(journal.updateHead(STREAM)).toEqual({ number: 0, epoch: 0 });
      await journal.close();
    });

    it('[G11] ends who listens to it, once, and nobody else', async () => {
      const journal = await filled();
      const ended: string[] = [];
      const heard: string[] = [];
      const hear = (from: string) => (event: Parameters<typeof pathOf>[0]) =>
        heard.push(`${from} ${pathOf(event)}`);
      journal.subscribe(STREAM, hear('one'), () => ended.push('one'));
      const leave = journal.subscribe(STREAM, hear('left'), () => ended.push('left'));
      journal.subscribe(OTHER, hear('two'), () => ended.push('two'));
      leave();
      journal.remove([STREAM], { stream: DELETIONS, events: [draft('gone')] });
      await journal.append({ stream: STREAM, events: [draft('new')] }).durable;
      await journal.append({ stream: OTHER, events: [draft('y')] }).durable;
      expect([ended, heard]).toEqual([['one'], ['two y']]);
      await journal.close();
    });

    it('[G11] knows who began a stream, also before its first event', async () => {
      const journal = await open();
      const bob = { kind: 'human', id: 'bob' } as const;
      await journal.append({ stream: STREAM, begunBy: bob }).durable;
      await journal.append({ stream: STREAM, events: [draft('a')], begunBy: draft('a').actor })
        .durable;
      await journal.append({ stream: OTHER, events: [draft('a')] }).durable;
      await journal.append({ stream: OTHER, begunBy: bob }).durable;
      expect(journal.begunBy(STREAM)).toEqual(bob);
      expect(journal.begunBy(OTHER)).toEqual(draft('a').actor);
      expect(journal.begunBy(DELETIONS)).toBeUndefined();
      journal.remove([STREAM], { stream: DELETIONS, events: [draft('gone')] });
      expect(journal.begunBy(STREAM)).toBeUndefined();
      await journal.close();
    });

    it('[G11] keeps the leaves: the tree of the record only grows, and a stream’s chain begins anew', async () => {
      const journal = await filled();
      const before = journal.tree();
      journal.remove([STREAM], { stream: DELETIONS, events: [draft('gone')] });
      const gone = journal.tree();
      expect([before.size, gone.size]).toEqual([3, 4]);
      await journal.append({ stream: STREAM, events: [draft('new')] }).durable;
      expect(journal.tree().size).toBe(5);
      expect(journal.record(STREAM, 1)).toMatchObject({ seq: 5, previous: '' });
      await journal.close();
    });
  });
}
