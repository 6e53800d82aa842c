/**
 * A journal that lives as long as its process: for tests, and the model of what the one on disk has
 * to do.
 */
import { CONTROL_TYPES } from '../../schema/index.js';
import type { CommandId, Event, Json, StreamPath, Timestamp } from '../../schema/index.js';
import type { Journal, ReadOptions, Snapshot, StoredUpdate, StreamMark } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { GroupCommitJournal } from './group-commit.js';
import type { Entry, Head, Storage } from './storage.js';

interface Stream {
  readonly createdAt: Timestamp;
  readonly events: Event[];
  readonly updates: StoredUpdate[];
  mark: StreamMark | undefined;
  cursors: Record<string, Json>;
}

/** A new, empty journal in memory. */
export function memoryJournal(ids: Pick<Ids, 'next'>, clock: Pick<Clock, 'now'>): Journal {
  return new GroupCommitJournal(memoryStorage(), ids, clock);
}

function memoryStorage(): Storage {
  const streams = new Map<StreamPath, Stream>();
  const taps = new Map<string, number>();
  const commands = new Map<CommandId, Event[]>();
  const kept = new Map<StreamPath, Snapshot>();

  const write = (entry: Entry) => {
    if (entry.events.length > 0 || entry.updates.length > 0 || entry.mark || entry.cursors) {
      const empty = { createdAt: entry.at, events: [], updates: [], mark: undefined, cursors: {} };
      const stream: Stream = streams.get(entry.stream) ?? empty;
      streams.set(entry.stream, stream);
      stream.events.push(...entry.events);
      stream.updates.push(...entry.updates);
      stream.mark = entry.mark ?? stream.mark;
      const cursors = Object.entries({ ...stream.cursors, ...entry.cursors });
      stream.cursors = Object.fromEntries(cursors.filter(([, value]) => value !== null));
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
    head(path): Head {
      const stream = streams.get(path);
      const update = stream?.updates.at(-1);
      return {
        offset: stream?.events.at(-1)?.offset ?? 0,
        update: update?.number ?? 0,
        epoch: update?.epoch ?? 0
      };
    },
    read(path, { after, before = Infinity, limit }: ReadOptions) {
      const all = streams.get(path)?.events ?? [];
      const wanted = all.filter(event => event.offset > (after ?? 0) && event.offset < before);
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
