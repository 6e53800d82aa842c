/**
 * What every journal has to do. `open` gives a journal on the same place each time, so that a suite
 * can close one and open the next; a journal that keeps nothing says so with `persistent: false`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../agent/core/record/canonical.js';
import { leafHash, payloadHash } from '../../agent/core/record/leaf.js';
import { Frontier } from '../../agent/core/record/tree.js';
import { nodeHashing } from '../../agent/journal/hashing.js';
import type { Batch, Journal, StoredUpdate } from '../../agent/ports/host.js';
import type { CommandId, Digest, Draft, Event, StreamPath } from '../../schema/index.js';

const AT = '2026-01-02T03:04:05.678Z';
/** A clock that stands still at AT. */
export const STILL = { now: () => Date.parse(AT), after: () => () => undefined };
export const STREAM = '/notebooks/one' as StreamPath;
const OTHER = '/notebooks/two' as StreamPath;

/** A small valid fact. */
export function draft(path: string): Draft {
  return {
    type: 'notebook.saved',
    v: 1,
    data: { path },
    at: AT,
    actor: { kind: 'human', id: 'ada', name: 'Ada' },
    assurance: 'verified'
  };
}

/** A small update. */
export function update(epoch: number, ...bytes: number[]): Omit<StoredUpdate, 'number'> {
  const actor = { kind: 'human', id: 'ada' } as const;
  return { epoch, at: AT, actor, assurance: 'verified', bytes: Uint8Array.from(bytes) };
}

/** The path that a test's event carries. */
export function pathOf(event: Event): string {
  return event.type === 'notebook.saved' ? event.data.path : '';
}

const command = (id: string) => id as CommandId;
const paths = (events: readonly Event[]) => events.map(pathOf);
const offsets = (events: readonly Event[]) => events.map(event => event.offset);

export function journalContract(name: string, open: () => Promise<Journal>): void {
  describe(`journal contract: ${name}`, () => {
    it('[J1] assigns dense offsets and update numbers to each stream', async () => {
      const journal = await open();
      const first = journal.append({
        stream: STREAM,
        events: [draft('a'), draft('b')],
        updates: [update(1, 1)]
      });
      const between = journal.append({
        stream: OTHER,
        events: [draft('x')],
        updates: [update(1, 9)]
      });
      const second = journal.append({
        stream: STREAM,
        events: [draft('c')],
        updates: [update(1, 2), update(1, 3)]
      });
      expect(offsets(first.events)).toEqual([1, 2]);
      expect(offsets(between.events)).toEqual([1]);
      expect(offsets(second.events)).toEqual([3]);
      expect([first.updates, between.updates, second.updates]).toEqual([[1], [1], [2, 3]]);
      await second.durable;
      const third = journal.append({ stream: STREAM, events: [draft('d')] });
      await third.durable;
      expect(paths(journal.read(STREAM))).toEqual(['a', 'b', 'c', 'd']);
      expect(offsets(journal.read(STREAM))).toEqual([1, 2, 3, 4]);
      expect(new Set(journal.read(STREAM).map(event => event.id)).size).toBe(4);
      expect(journal.updateHead(STREAM)).toEqual({ number: 3, epoch: 1 });
      await journal.close();
    });

    it('[J1] gives back exactly the event that was appended', async () => {
      const journal = await open();
      const full: Draft = {
        ...draft('ü "quoted" \u2028 line'),
        actor: {
          kind: 'runtime',
          id: 'runtime',
          onBehalfOf: { kind: 'human', id: 'bob' },
          via: { kind: 'human', id: 'eve' }
        },
        assurance: 'relayed',
        causationId: 'cause',
        correlationId: 'correlation',
        through: 0
      };
      const { events, durable } = journal.append({ stream: STREAM, events: [full, draft('bare')] });
      await durable;
      expect(journal.read(STREAM)).toEqual(events);
      expect(events[0]).toMatchObject(full);
      await journal.close();
    });

    it('[J2] shows nothing before it is durable', async () => {
      const journal = await open();
      const seen: number[] = [];
      journal.subscribe(STREAM, event => seen.push(event.offset));
      const { durable } = journal.append({ stream: STREAM, events: [draft('a')] });
      expect(journal.read(STREAM)).toEqual([]);
      expect(journal.head(STREAM)).toBe(0);
      expect(seen).toEqual([]);
      await durable;
      expect(journal.head(STREAM)).toBe(1);
      expect(seen).toEqual([1]);
      await journal.close();
    });

    it('[J3] tells a subscriber every event once and in order, until it ends', async () => {
      const journal = await open();
      await journal.append({ stream: STREAM, events: [draft('old')] }).durable;
      const waiting = journal.append({ stream: STREAM, events: [draft('a')] });
      const seen: string[] = [];
      const end = journal.subscribe(STREAM, event => seen.push(pathOf(event)));
      journal.append({ stream: OTHER, events: [draft('elsewhere')] });
      journal.append({ stream: STREAM, events: [draft('b'), draft('c')] });
      await waiting.durable;
      await journal.append({ stream: STREAM, events: [draft('d')] }).durable;
      end();
      end();
      await journal.append({ stream: STREAM, events: [draft('late')] }).durable;
      expect(seen).toEqual(['a', 'b', 'c', 'd']);
      await journal.close();
    });

    it('[J4] reads after, before and limited', async () => {
      const journal = await open();
      const events = ['a', 'b', 'c', 'd', 'e'].map(draft);
      await journal.append({ stream: STREAM, events }).durable;
      expect(paths(journal.read(STREAM, { after: 2 }))).toEqual(['c', 'd', 'e']);
      expect(paths(journal.read(STREAM, { before: 3 }))).toEqual(['a', 'b']);
      expect(paths(journal.read(STREAM, { after: 1, before: 5 }))).toEqual(['b', 'c', 'd']);
      expect(paths(journal.read(STREAM, { after: 1, limit: 2 }))).toEqual(['b', 'c']);
      expect(paths(journal.read(STREAM, { limit: 2 }))).toEqual(['d', 'e']);
      expect(paths(journal.read(STREAM, { before: 4, limit: 2 }))).toEqual(['b', 'c']);
      expect(journal.read(STREAM, { limit: 0 })).toEqual([]);
      expect(journal.read('/unknown' as StreamPath)).toEqual([]);
      expect(journal.head('/unknown' as StreamPath)).toBe(0);
      await journal.close();
    });

    it('[J5] does a command once, whether its first batch is durable or not', async () => {
      const journal = await open();
      const batch: Batch = {
        stream: STREAM,
        command: command('c1'),
        events: [draft('a'), draft('b')],
        updates: [update(1, 1)]
      };
      const first = journal.append(batch);
      expect(journal.answered(command('c1'))).toBeUndefined();
      const again = journal.append(batch);
      await Promise.all([first.durable, again.durable]);
      const later = journal.append(batch);
      await later.durable;
      const none = journal.append({ stream: STREAM, command: command('empty') });
      await none.durable;
      expect(again.events).toEqual(first.events);
      expect(later.events).toEqual(first.events);
      expect([again.updates, later.updates]).toEqual([[], []]);
      expect(journal.answered(command('c1'))).toEqual(first.events);
      expect(journal.answered(command('empty'))).toEqual([]);
      expect(journal.answered(command('unknown'))).toBeUndefined();
      expect(journal.head(STREAM)).toBe(2);
      await journal.close();
    });

    it('[J6] keeps the highest number of each tap', async () => {
      const journal = await open();
      expect(journal.tapHead('t')).toBe(0);
      journal.append({ stream: STREAM, tap: { tap: 't', n: 1 } });
      journal.append({ stream: STREAM, tap: { tap: 't', n: 7 } });
      journal.append({ stream: STREAM, tap: { tap: 't', n: 3 } });
      const { durable } = journal.append({ stream: STREAM, tap: { tap: 'u', n: 2 } });
      expect(journal.tapHead('t')).toBe(0);
      await durable;
      expect([journal.tapHead('t'), journal.tapHead('u')]).toEqual([7, 2]);
      expect(journal.streams()).toEqual([]);
      await journal.close();
    });

    it('[J7] reads updates by epoch and up to a number', async () => {
      const journal = await open();
      const updates = [update(1, 1), update(1, 2), update(2, 3), update(2)];
      await journal.append({ stream: STREAM, updates }).durable;
      const bytes = (options?: { epoch?: number; through?: number }) =>
        journal.updates(STREAM, options).map(stored => [...stored.bytes]);
      expect(bytes()).toEqual([[3], []]);
      expect(bytes({ epoch: 1 })).toEqual([[1], [2]]);
      expect(bytes({ through: 2 })).toEqual([[1], [2]]);
      expect(bytes({ through: 1 })).toEqual([[1]]);
      expect(bytes({ through: 3 })).toEqual([[3]]);
      expect(bytes({ epoch: 9 })).toEqual([]);
      expect(bytes({ through: 0 })).toEqual([]);
      expect(journal.updates(STREAM)[0]).toEqual({ ...updates[2], number: 3 });
      expect(journal.updates(OTHER)).toEqual([]);
      expect(journal.updateHead(OTHER)).toEqual({ number: 0, epoch: 0 });
      await journal.close();
    });

    it('[J8] lists the streams below a prefix', async () => {
      const journal = await open();
      journal.append({ stream: STREAM, events: [draft('a'), draft('b')] });
      journal.append({
        stream: '/notebooks/one/conversations/x' as StreamPath,
        events: [draft('c')]
      });
      journal.append({ stream: '/notebooks/oneself' as StreamPath, updates: [update(1, 1)] });
      await journal.append({ stream: '/refusals' as StreamPath, events: [draft('d')] }).durable;
      const heads = (prefix?: string) =>
        journal.streams(prefix as StreamPath | undefined).map(({ stream, head }) => [stream, head]);
      expect(heads(STREAM)).toEqual([
        [STREAM, 2],
        ['/notebooks/one/conversations/x', 1]
      ]);
      expect(heads('/')).toHaveLength(4);
      expect(heads()).toHaveLength(4);
      expect(heads('/notebooks')).toHaveLength(3);
      expect(heads('/note')).toEqual([]);
      expect(journal.streams(STREAM)[0]?.createdAt).toBe(AT);
      expect(journal.health()).toMatchObject({ events: 4, streams: 4 });
      await journal.close();
    });

    it('[J9] finds a snapshot of the asked version only', async () => {
      const journal = await open();
      await journal.append({ stream: STREAM, events: [draft('a')] }).durable;
      journal.saveSnapshot(STREAM, { offset: 1, version: 2, state: { deep: [1, null, 'x'] } });
      await journal.append({ stream: STREAM, events: [draft('b')] }).durable;
      const expected = { offset: 1, version: 2, state: { deep: [1, null, 'x'] } };
      expect(journal.snapshot(STREAM, 2)).toEqual(expected);
      expect(journal.snapshot(STREAM, 1)).toBeUndefined();
      expect(journal.snapshot(OTHER, 2)).toBeUndefined();
      await journal.close();
    });

    it('[J18] keeps the newest mark of each stream, and finds the busy ones', async () => {
      const journal = await open();
      const room = { tap: 't', path: 'a.ipynb', phase: 'ready' } as const;
      journal.append({ stream: STREAM, mark: { epoch: 1, room, busy: true } });
      journal.append({ stream: OTHER, mark: { epoch: 7, room: null, busy: true } });
      const { durable } = journal.append({
        stream: STREAM,
        events: [draft('a')],
        mark: { epoch: 2, room, busy: false }
      });
      expect(journal.mark(STREAM)).toBeUndefined();
      await durable;
      await journal.append({ stream: STREAM, events: [draft('b')] }).durable;
      expect(journal.mark(STREAM)).toEqual({ epoch: 2, room, busy: false });
      expect(journal.mark(OTHER)).toEqual({ epoch: 7, room: null, busy: true });
      expect(journal.mark('/none' as StreamPath)).toBeUndefined();
      expect(journal.busyStreams()).toEqual([OTHER]);
      expect(journal.streams().map(({ stream, head }) => [stream, head])).toEqual([
        [STREAM, 2],
        [OTHER, 0]
      ]);
      await journal.close();
    });

    it('[J19] tells the next offset, and finds the facts about a stream itself', async () => {
      const journal = await open();
      expect(journal.next(STREAM)).toBe(1);
      const envelope = {
        at: AT,
        actor: { kind: 'human', id: 'ada' },
        assurance: 'verified'
      } as const;
      const paused: Draft = { ...envelope, type: 'stream.paused', v: 1, data: { reason: 'lunch' } };
      const resumed: Draft = { ...envelope, type: 'stream.resumed', v: 1, data: {} };
      const { durable } = journal.append({ stream: STREAM, events: [draft('a'), paused] });
      expect(journal.next(STREAM)).toBe(3);
      expect(journal.controls(STREAM)).toEqual([]);
      journal.append({ stream: OTHER, events: [paused] });
      await journal.append({ stream: STREAM, events: [draft('b'), resumed] }).durable;
      await durable;
      expect(journal.controls(STREAM).map(({ type, offset }) => [type, offset])).toEqual([
        ['stream.paused', 2],
        ['stream.resumed', 4]
      ]);
      expect(journal.controls('/none' as StreamPath)).toEqual([]);
      await journal.close();
    });

    it('[S12] keeps cursors with the batch that moves them, and forgets what is null', async () => {
      const journal = await open();
      await journal.append({ stream: STREAM, cursors: { a: 1, b: { due: AT } } }).durable;
      const { durable } = journal.append({
        stream: STREAM,
        events: [draft('a')],
        cursors: { a: null, c: [2] }
      });
      expect(journal.cursors(STREAM)).toEqual({ a: 1, b: { due: AT } });
      await durable;
      expect(journal.cursors(STREAM)).toEqual({ b: { due: AT }, c: [2] });
      expect(journal.cursors(OTHER)).toEqual({});
      await journal.close();
    });

    it('[S12] tells a watcher of every stream, and which streams have facts about themselves', async () => {
      const journal = await open();
      const seen: string[] = [];
      const end = journal.watch(({ stream, offset }) => seen.push(`${stream}@${offset}`));
      const cancelled = { type: 'schedule.cancelled', v: 1, data: { slug: 'a' } } as const;
      const { type: _type, v: _v, data: _data, ...envelope } = draft('a');
      journal.append({ stream: STREAM, events: [draft('a'), draft('b')] });
      await journal.append({ stream: OTHER, events: [{ ...envelope, ...cancelled }] }).durable;
      end();
      end();
      await journal.append({ stream: OTHER, events: [draft('c')] }).durable;
      expect(seen).toEqual([`${STREAM}@1`, `${STREAM}@2`, `${OTHER}@1`]);
      expect(journal.controlled()).toEqual([OTHER]);
      await journal.close();
    });

    it('[K3] takes out what was posted before an offset, says so, and keeps offsets', async () => {
      const journal = await open();
      const { type: _type, v: _v, data: _data, ...envelope } = draft('a');
      const posted = (type: string): Draft => ({
        ...{ ...envelope, type: 'event.posted', v: 1, data: { type, payload: {} } }
      });
      const rule: Draft = {
        ...{ ...envelope, type: 'stream.retention-configured', v: 1, data: { events: 1 } }
      };
      const key = 'k' as CommandId;
      await journal.append({ stream: STREAM, events: [posted('a')], command: key }).durable;
      await journal.append({ stream: STREAM, events: [rule, posted('b'), posted('c')] }).durable;
      const state = (events: number): Batch => ({
        stream: STREAM,
        events: [{ ...envelope, type: 'stream.trimmed', v: 1, data: { before: 4, events } }]
      });
      expect(journal.trimmable(STREAM, 4)).toBe(2);
      expect(journal.trim(STREAM, 4, state).map(({ data }) => data)).toEqual([
        { before: 4, events: 2 }
      ]);
      expect(journal.trim(STREAM, 4, state)).toEqual([]);
      expect(journal.read(STREAM).map(({ offset, type }) => [offset, type])).toEqual([
        [2, 'stream.retention-configured'],
        [4, 'event.posted'],
        [5, 'stream.trimmed']
      ]);
      expect(journal.head(STREAM)).toBe(5);
      expect(journal.answered(key)).toBeUndefined();
      await journal.close();
    });

    it('[V1] keeps a record of each event: a chain in its stream, a leaf of one tree', async () => {
      const journal = await open();
      expect(journal.tree()).toEqual({ size: 0, root: new Frontier(nodeHashing).root() });
      const first = journal.append({ stream: STREAM, events: [draft('a'), draft('b')] });
      journal.append({ stream: OTHER, events: [draft('x')] });
      await first.durable;
      const last = journal.append({ stream: STREAM, events: [draft('c')] });
      const before = journal.tree();
      expect(journal.record(STREAM, 3)).toBeUndefined();
      await last.durable;
      expect(before.size).toBe(3);
      const frontier = new Frontier(nodeHashing);
      const places: (readonly [StreamPath, number])[] = [
        [STREAM, 1],
        [STREAM, 2],
        [OTHER, 1],
        [STREAM, 3]
      ];
      for (const [index, [stream, offset]] of places.entries()) {
        const [event] = journal.read(stream, { after: offset - 1, limit: 1 });
        const record = journal.record(stream, offset);
        if (event === undefined || record === undefined) {
          throw new Error(`There is no record of ${stream}, ${offset}.`);
        }
        const { seq, salt, leaf, previous } = record;
        const hash = payloadHash(nodeHashing, salt ?? '', canonical(event.data));
        expect(record.payloadHash).toBe(hash);
        expect(leaf).toBe(leafHash(nodeHashing, event, { payloadHash: hash, previous, seq }));
        expect(previous).toBe(journal.record(stream, offset - 1)?.leaf ?? '');
        expect(seq).toBe(index + 1);
        frontier.add(leaf);
      }
      expect(journal.tree()).toEqual({ size: 4, root: frontier.root() });
      expect(journal.record(STREAM, 4)).toBeUndefined();
      expect(journal.record('/none' as StreamPath, 1)).toBeUndefined();
      await journal.close();
    });

    it('[V8] erases a payload together with the event that tells of it, and the leaf stays', async () => {
      const journal = await open();
      const data = { type: 'hi', payload: { secret: 1 } };
      const posted: Draft = { ...draft(''), type: 'event.posted', v: 1, data };
      await journal.append({ stream: STREAM, events: [posted, draft('b')] }).durable;
      const record = journal.record(STREAM, 1);
      const { actor } = draft('');
      const mark = { at: AT, by: actor, reason: 'it was secret' };
      const redaction = {
        ...{ offset: 1, data: { type: 'hi', payload: {} }, ...mark },
        payloadHash: record?.payloadHash as Digest
      };
      await journal.append({ stream: STREAM, events: [draft('told')], redaction }).durable;
      expect(journal.tree().size).toBe(3);
      expect(journal.record(STREAM, 1)).toEqual({ ...record, salt: null });
      const [erased, other] = journal.read(STREAM);
      expect(erased).toMatchObject({ data: redaction.data, redacted: mark, offset: 1 });
      expect(other && pathOf(other)).toBe('b');
      expect(other).not.toHaveProperty('redacted');
      await journal.close();
    });

    it('[J12] takes nothing after it is closed, and commits what waited', async () => {
      const journal = await open();
      const { durable } = journal.append({ stream: STREAM, events: [draft('a')] });
      await journal.close();
      await expect(durable).resolves.toBeUndefined();
      expect(() => journal.append({ stream: STREAM })).toThrow();
      await journal.close();
    });

    it('[J10] behaves as a plain list under any sequence of appends and reads', async () => {
      const streams = [STREAM, OTHER];
      const step = fc.record({
        stream: fc.constantFrom(...streams),
        events: fc.nat({ max: 4 }),
        updates: fc.nat({ max: 3 }),
        command: fc.option(fc.constantFrom('p', 'q', 'r'), { nil: undefined }),
        commit: fc.boolean()
      });
      const reading = fc.record(
        { after: fc.nat({ max: 12 }), before: fc.nat({ max: 12 }), limit: fc.nat({ max: 6 }) },
        { requiredKeys: [] }
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), reading, async (steps, options) => {
          const journal = await open();
          const model = new Map(streams.map(stream => [stream, [] as string[]]));
          const updates = new Map(streams.map(stream => [stream, 0]));
          const seen = new Map(streams.map(stream => [stream, [] as string[]]));
          const done = new Set<string>();
          for (const stream of streams) {
            journal.subscribe(stream, event => seen.get(stream)?.push(pathOf(event)));
          }
          for (const [index, action] of steps.entries()) {
            const names = Array.from({ length: action.events }, (_, nth) => `${index}.${nth}`);
            const { durable } = journal.append({
              stream: action.stream,
              events: names.map(draft),
              updates: Array.from({ length: action.updates }, (_, nth) => update(1, nth)),
              ...(action.command && { command: command(action.command) })
            });
            if (!action.command || !done.has(action.command)) {
              model.get(action.stream)?.push(...names);
              updates.set(action.stream, (updates.get(action.stream) ?? 0) + action.updates);
              done.add(action.command ?? '');
            }
            if (action.commit) {
              await durable;
            }
          }
          await journal.append({ stream: '/end' as StreamPath, events: [draft('end')] }).durable;
          for (const stream of streams) {
            const all = model.get(stream) ?? [];
            expect(paths(journal.read(stream))).toEqual(all);
            expect(seen.get(stream)).toEqual(all);
            expect(journal.head(stream)).toBe(all.length);
            expect(journal.updates(stream).map(stored => stored.number)).toEqual(
              Array.from({ length: updates.get(stream) ?? 0 }, (_, nth) => nth + 1)
            );
            const { after = 0, before = Infinity, limit } = options;
            const between = all.filter((_, nth) => nth + 1 > after && nth + 1 < before);
            const wanted =
              limit === undefined
                ? between
                : options.after === undefined
                  ? between.slice(Math.max(0, between.length - limit))
                  : between.slice(0, limit);
            expect(paths(journal.read(stream, options))).toEqual(wanted);
          }
          await journal.close();
        }),
        { numRuns: 60 }
      );
    });
  });
}
