/**
 * What the host needs of the world, as interfaces. Adapters implement them; contract suites in
 * tests/contract run on every implementation.
 */
import type {
  Actor,
  Assurance,
  CommandId,
  Draft,
  Effect,
  Event,
  FileId,
  Json,
  StreamPath,
  Timestamp,
  ToAgent
} from '../../schema/index.js';

/** An update of a notebook's document, with its author. `number` is dense per stream, from 1. */
export interface StoredUpdate {
  readonly number: number;
  /** The room's Yjs history that it belongs to; the first update of an epoch applies to an empty document. */
  readonly epoch: number;
  readonly at: Timestamp;
  readonly actor: Actor;
  readonly assurance: Assurance;
  readonly bytes: Uint8Array;
}

/** What the host must know of a notebook's stream when it starts again. */
export interface StreamMark {
  /** The room's newest Yjs history; 0 before the first. */
  readonly epoch: number;
  /** The room of that history, and the tap that tells of it; null before the first. */
  readonly room: {
    readonly tap: string;
    readonly path: string;
    /** `copied`: not yet ready, and begun with a snapshot instead of the load. */
    readonly phase: 'loading' | 'copied' | 'ready' | 'closed';
  } | null;
  /** An agent runs, or executions are unfinished. */
  readonly busy: boolean;
}

/** One atomic write: all of it is durable, or none. */
export interface Batch {
  readonly stream: StreamPath;
  readonly events?: readonly Draft[];
  readonly updates?: readonly Omit<StoredUpdate, 'number'>[];
  /** Highest number taken of a tap. */
  readonly tap?: { readonly tap: string; readonly n: number };
  /** The command that this batch answers; a second batch for the same id is not written. */
  readonly command?: CommandId;
  /** Where reactions of the stream are, by name; null forgets one. */
  readonly cursors?: Readonly<Record<string, Json>>;
  /** Replaces the stream's mark. */
  readonly mark?: StreamMark;
}

export interface Appended {
  readonly events: readonly Event[];
  /** Numbers of the stored updates, in the order given. */
  readonly updates: readonly number[];
  /** Settles when all of it is durable; rejects if the journal failed, after which it takes nothing more. */
  readonly durable: Promise<void>;
}

export interface ReadOptions {
  /** Events with a greater offset; default 0. */
  readonly after?: number;
  /** Events with a smaller offset. With `limit` and no `after`: the newest of them, in ascending order. */
  readonly before?: number;
  readonly limit?: number;
}

export interface StreamSummary {
  readonly stream: StreamPath;
  /** Offset of the newest event; 0 for none. */
  readonly head: number;
  readonly createdAt: Timestamp;
}

/** Folded state at an offset: disposable, never the only copy. `version` names the shape of `state`. */
export interface Snapshot {
  readonly offset: number;
  readonly version: number;
  /** A JSON value. */
  readonly state: unknown;
}

export interface JournalHealth {
  readonly kind: 'sqlite' | 'memory';
  readonly path: string | null;
  readonly sqliteVersion: string | null;
  readonly events: number;
  readonly streams: number;
  readonly bytes: number;
}

/**
 * The store of streams. Offsets and update numbers are assigned in the call, synchronously, dense
 * from 1; durability follows by group commit. Readers see durable events only.
 */
export interface Journal {
  append(batch: Batch): Appended;
  /** Ascending by offset. An unknown stream is empty. */
  read(stream: StreamPath, options?: ReadOptions): Event[];
  /** Offset of the newest durable event; 0 for an unknown stream. */
  head(stream: StreamPath): number;
  /** Offset that the next event of the stream gets, behind what is not yet durable. */
  next(stream: StreamPath): number;
  /** The durable facts about the stream itself (CONTROL_TYPES), ascending. */
  controls(stream: StreamPath): Event[];
  /** The streams that have any. */
  controlled(): StreamPath[];
  /** The durable cursors of the stream by name. */
  cursors(stream: StreamPath): Record<string, Json>;
  /** Every durable event of the stream after the call, in order; the returned function ends it. */
  subscribe(stream: StreamPath, listener: (event: Event) => void): () => void;
  /** Every durable event of every stream after the call, in the order of commits; the returned function ends it. */
  watch(listener: (event: Event) => void): () => void;
  streams(prefix?: StreamPath): StreamSummary[];
  /**
   * Updates of one epoch up to and including `through`, ascending. Without `epoch`: of the newest
   * update's that qualifies.
   */
  updates(stream: StreamPath, options?: { epoch?: number; through?: number }): StoredUpdate[];
  /** Number and epoch of the newest update; both 0 for none. */
  updateHead(stream: StreamPath): { number: number; epoch: number };
  /** The durable mark of the stream; undefined for none. */
  mark(stream: StreamPath): StreamMark | undefined;
  /** Streams whose durable mark is busy. */
  busyStreams(): StreamPath[];
  /** Highest durable number of a tap; 0 for none. */
  tapHead(tap: string): number;
  /** The events that a command led to, once durable; undefined if it is unknown. */
  answered(command: CommandId): Event[] | undefined;
  /** The newest snapshot of the stream that has this version; undefined for none. */
  snapshot(stream: StreamPath, version: number): Snapshot | undefined;
  /** Replaces the stream's snapshot, with the next commit. Its offset must be durable. */
  saveSnapshot(stream: StreamPath, snapshot: Snapshot): void;
  health(): JournalHealth;
  /** Commits what waits, then closes. */
  close(): Promise<void>;
}

/** An execution to go on with, as the plan to start an agent names it. */
export type PlannedResume = NonNullable<Extract<Effect, { type: 'agent.start' }>['resume']>;

/** Runs agents; what they say comes back as inputs of the loop. */
export interface AgentRunner {
  /** `path` is of the notebook's file, `resume` an execution that an earlier agent left unfinished. */
  start(stream: StreamPath, epoch: number, join: { path: string; resume?: PlannedResume }): void;
  /** Sends a message; dropped if no agent of this epoch runs. */
  tell(stream: StreamPath, epoch: number, message: ToAgent): void;
  stop(stream: StreamPath, epoch: number): void;
  /** Ends every agent; settles when all are gone. */
  stopAll(): Promise<void>;
}

/** The server extension, seen from the host. */
export interface Server {
  readonly baseUrl: string;
  readonly hooksTrusted: boolean;
  /** Settles once every frame that the server sent before has been taken. */
  flush(): Promise<void>;
  grantToken(token: string, actor: Actor, stream: StreamPath): Promise<void>;
  revokeToken(token: string): void;
  pathOf(fileId: FileId): Promise<string | null>;
}
