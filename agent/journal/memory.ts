/**
 * A journal that lives as long as its process: for tests, and the model of what the one on disk has
 * to do.
 */
import { CONTROL_TYPES, KEPT_FOR_A_TIME } from '../../schema/index.js';
import type {
  Actor,
  CommandId,
  Event,
  EventRecord,
  Json,
  StreamPath,
  Timestamp
} from '../../schema/index.js';
import { RecordChain } from '../core/record/chain.js';
import { Frontier } from '../core/record/tree.js';
import type {
  Journal,
  ReadOptions,
  Redaction,
  Snapshot,
  StoredUpdate,
  StreamMark
} from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { GroupCommitJournal } from './group-commit.js';
import { nodeHashing, randomSalt } from './hashing.js';
import type { Entry, Head, Storage } from './storage.js';

interface Stream {
  readonly createdAt: Timestamp;
  readonly events: Event[];
  readonly records: EventRecord[];
  readonly updates: StoredUpdate[];
  begunBy: Actor | undefined;
  mark: StreamMark | undefined;
  cursors: Record<string, Json>;
}

/** A new, empty journal in memory. */
export function memoryJournal(ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now'>): Journal {
  // Nothing fails here, so nothing is tried again; and what may wait need not.
  return new GroupCommitJournal(memoryStorage(), ids, {
    now: () => clock.now(),
    after: (_delay, action) => {
      const soon = setImmediate(action);
      return () => clearImmediate(soon);
    }
  });
}

function erase(stream: Stream | undefined, { offset, data, at, by, reason }: Redaction): void {
  const index = stream?.events.findIndex(event => event.offset === offset) ?? -1;
  const event = stream?.events[index];
  const record = stream?.records[offset - 1];
  if (stream !== undefined && event !== undefined && record !== undefined) {
    stream.events[index] = { ...event, data, redacted: { at, by, reason } } as Event;
    stream.records[offset - 1] = { ...record, salt: null };
  }
}

/** Is it of a kind that is kept for a time only, and before that offset? */
function isOld({ type, offset }: Event, before: number): boolean {
  return offset < before && (KEPT_FOR_A_TIME as readonly string[]).includes(type);
}

/** The rows of a journal in memory, for journals that come one after the other. */
export function memoryStorage(): Storage {
  const streams = new Map<StreamPath, Stream>();
  const taps = new Map<string, number>();
  const commands = new Map<CommandId, Event[]>();
  const kept = new Map<StreamPath, Snapshot>();

  const frontier = new Frontier(nodeHashing);
  const leafAt = (stream: StreamPath, offset: number) =>
    streams.get(stream)?.records[offset - 1]?.leaf ?? '';
  const chain = new RecordChain(nodeHashing, randomSalt, { frontier, leafAt });

  const write = (entry: Entry) => {
    const { begunBy, cursors: moved, events, mark, updates } = entry;
    if (events.length + updates.length > 0 || mark || moved || begunBy) {
      const empty = {
        createdAt: entry.at,
        events: [],
        records: [],
        updates: [],
        begunBy: undefined,
        mark: undefined,
        cursors: {}
      };
      const stream: Stream = streams.get(entry.stream) ?? empty;
      streams.set(entry.stream, stream);
      for (const event of entry.events) {
        const { seq, salt, payloadHash, previous, leaf } = chain.add(event);
        stream.events.push(event);
        stream.records.push({ seq, salt, payloadHash, previous, leaf } as EventRecord);
      }
      stream.begunBy ??= begunBy ?? entry.events[0]?.actor;
      stream.updates.push(...entry.updates);
      stream.mark = entry.mark ?? stream.mark;
      const cursors = Object.entries({ ...stream.cursors, ...entry.cursors });
      stream.cursors = Object.fromEntries(cursors.filter(([, value]) => value !== null));
    }
    if (entry.redaction) {
      erase(streams.get(entry.stream), entry.redaction);
    }
    if (entry.tap) {
      taps.set(entry.tap.tap, Math.max(entry.tap.n, taps.get(entry.tap.tap) ?? 0));
    }
    if (entry.command) {
      commands.set(entry.command.id, [...entry.events]);
    }
  };

  return {
    commit(entries, snapshots) {
      entries.forEach(write);
      for (const [stream, snapshot] of snapshots) {
        kept.set(stream, snapshot);
      }
    },
    faultOf: () => null,
    recover: () => undefined,
    holds({ stream, events: [event], updates: [update], command }) {
      const there = streams.get(stream);
      if (event !== undefined) {
        return there?.events.some(({ id }) => id === event.id) ?? false;
      }
      if (update !== undefined) {
        return there?.updates.some(({ number }) => number === update.number) ?? false;
      }
      return command === undefined ? null : commands.has(command.id);
    },
    readable: () => true,
    transact(work) {
      work().forEach(write);
    },
    remove(removed, entry) {
      for (const stream of removed) {
        const events = new Set(streams.get(stream)?.events);
        streams.delete(stream);
        kept.delete(stream);
        chain.forget(stream);
        for (const [command, [first]] of commands) {
          if (first !== undefined && events.has(first)) {
            commands.delete(command);
          }
        }
      }
      write(entry);
    },
    trimmable: (path, before) =>
      (streams.get(path)?.events ?? []).filter(event => isOld(event, before)).length,
    trim(path, before, entry) {
      const stream = streams.get(path);
      const old = stream?.events.filter(event => isOld(event, before)) ?? [];
      stream?.events.splice(
        0,
        stream.events.length,
        ...stream.events.filter(event => !old.includes(event))
      );
      for (const [command, [first]] of commands) {
        if (first !== undefined && old.includes(first)) {
          commands.delete(command);
        }
      }
      write(entry);
    },
    head(path): Head {
      const stream = streams.get(path);
      const update = stream?.updates.at(-1);
      return {
        offset: stream?.events.at(-1)?.offset ?? 0,
        update: update?.number ?? 0,
        epoch: update?.epoch ?? 0
      };
    },
    read(path, { after, before = Infinity, limit, types }: ReadOptions) {
      const all = streams.get(path)?.events ?? [];
      const wanted = all.filter(
        event =>
          event.offset > (after ?? 0) &&
          event.offset < before &&
          types?.includes(event.type) !== false
      );
      if (limit === undefined) {
        return wanted;
      }
      return after === undefined
        ? wanted.slice(Math.max(0, wanted.length - limit))
        : wanted.slice(0, limit);
    },
    streams(prefix) {
      return [...streams]
        .filter(([path]) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`))
        .map(([stream, { createdAt, events }]) => ({
          stream,
          head: events.at(-1)?.offset ?? 0,
          createdAt
        }));
    },
    updates(path, { epoch, through = Infinity }) {
      const all = streams.get(path)?.updates ?? [];
      const upTo = all.filter(update => update.number <= through);
      const wanted = epoch ?? upTo.at(-1)?.epoch;
      return upTo.filter(update => update.epoch === wanted);
    },
    record(path, offset) {
      const stream = streams.get(path);
      const isThere = stream?.events.some(event => event.offset === offset);
      return isThere ? stream?.records[offset - 1] : undefined;
    },
    tree: () => ({ size: frontier.size, root: frontier.root() }),
    begunBy: path => streams.get(path)?.begunBy,
    controls: path =>
      (streams.get(path)?.events ?? []).filter(({ type }) => CONTROL_TYPES.has(type)),
    controlled: () =>
      [...streams]
        .filter(([, { events }]) => events.some(({ type }) => CONTROL_TYPES.has(type)))
        .map(([path]) => path),
    cursors: path => ({ ...streams.get(path)?.cursors }),
    mark: path => streams.get(path)?.mark,
    busyStreams: () => [...streams].filter(([, { mark }]) => mark?.busy).map(([path]) => path),
    tapHead: tap => taps.get(tap) ?? 0,
    answered: command => commands.get(command)?.slice(),
    snapshot(path, version) {
      const snapshot = kept.get(path);
      return snapshot?.version === version ? snapshot : undefined;
    },
    health: () => ({
      kind: 'memory',
      path: null,
      sqliteVersion: null,
      events: [...streams.values()].reduce((sum, { events }) => sum + events.length, 0),
      streams: streams.size,
      bytes: 0
    }),
    close: () => undefined
  };
}
