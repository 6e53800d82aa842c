/**
 * What the journal needs of a place that keeps rows. The order of events, idempotence and group
 * commit are the journal's own and the same everywhere; a storage only writes entries atomically
 * and reads them back.
 */
import type {
  Actor,
  CommandId,
  Event,
  EventRecord,
  Json,
  StreamPath,
  Timestamp
} from '../../schema/index.js';
import type {
  Batch,
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary,
  TreeHead
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
  readonly begunBy?: Actor;
  readonly redaction?: Batch['redaction'];
  readonly command?: { readonly id: CommandId; readonly first: number; readonly count: number };
}

/** Where the stream ends: the last offset, and number and epoch of the last update. 0 for none. */
export interface Head {
  readonly offset: number;
  readonly update: number;
  readonly epoch: number;
}

/** Why the place does not take what is written: it has no space, or something else. */
export interface DiskFault {
  readonly kind: 'full' | 'unwritable';
  /** What the system said. */
  readonly reason: string;
}

export interface Storage {
  /** Writes all entries and snapshots, durable on return. If it throws, all or nothing may be there. */
  commit(entries: readonly Entry[], snapshots: ReadonlyMap<StreamPath, Snapshot>): void;
  /** `commit` of the entries that `work` gives, with what it writes itself; what it throws undoes all. */
  transact(work: () => readonly Entry[]): void;
  /** Takes the streams out and writes the entry, in one transaction; what it throws undoes all. */
  remove(streams: readonly StreamPath[], entry: Entry): void;
  /** How many events `trim` would take out. */
  trimmable(stream: StreamPath, before: number): number;
  /** Takes out events of KEPT_FOR_A_TIME before the offset and writes the entry, as `remove` does. */
  trim(stream: StreamPath, before: number, entry: Entry): void;
  /** The fault that made `commit` or `recover` throw; null if the error is no fault of the disk. */
  faultOf(error: unknown): DiskFault | null;
  /**
   * After a commit that failed with this fault: forgets what is not on the disk, so that reads tell
   * what is. Throws while that cannot be known.
   */
  recover(fault: DiskFault): void;
  /** Whether the entry is on the disk; null if its like may be written twice. Throws if another is there instead. */
  holds(entry: Entry): boolean | null;
  /** False while the place cannot even be read. */
  readable(): boolean;
  head(stream: StreamPath): Head;
  read(stream: StreamPath, options: ReadOptions): Event[];
  streams(prefix: StreamPath): StreamSummary[];
  updates(stream: StreamPath, options: { epoch?: number; through?: number }): StoredUpdate[];
  record(stream: StreamPath, offset: number): EventRecord | undefined;
  tree(): TreeHead;
  begunBy(stream: StreamPath): Actor | undefined;
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
