/**
 * What the journal needs of a place that keeps rows. The order of events, idempotence and group
 * commit are the journal's own and the same everywhere; a storage only writes entries atomically
 * and reads them back.
 */
import type { CommandId, Event, Json, StreamPath, Timestamp } from '../../schema/index.js';
import type {
  Batch,
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary
} from '../ports/host.js';

/** One batch of the journal with everything assigned. */
export interface Entry {
  readonly stream: StreamPath;
  readonly at: Timestamp;
  readonly events: readonly Event[];
  readonly updates: readonly StoredUpdate[];
  readonly tap?: { readonly tap: string; readonly n: number };
  readonly mark?: StreamMark;
  readonly cursors?: Batch['cursors'];
  readonly command?: { readonly id: CommandId; readonly first: number; readonly count: number };
}

/** Where the stream ends: the last offset, and number and epoch of the last update. 0 for none. */
export interface Head {
  readonly offset: number;
  readonly update: number;
  readonly epoch: number;
}

export interface Storage {
  /** Writes all entries and snapshots, durable on return; throws and writes nothing otherwise. */
  commit(entries: readonly Entry[], snapshots: ReadonlyMap<StreamPath, Snapshot>): void;
  head(stream: StreamPath): Head;
  read(stream: StreamPath, options: ReadOptions): Event[];
  streams(prefix: StreamPath): StreamSummary[];
  updates(stream: StreamPath, options: { epoch?: number; through?: number }): StoredUpdate[];
  controls(stream: StreamPath): Event[];
  controlled(): StreamPath[];
  cursors(stream: StreamPath): Record<string, Json>;
  mark(stream: StreamPath): StreamMark | undefined;
  busyStreams(): StreamPath[];
  tapHead(tap: string): number;
  answered(command: CommandId): Event[] | undefined;
  snapshot(stream: StreamPath, version: number): Snapshot | undefined;
  health(): JournalHealth;
  close(): void;
}
