/**
 * What the host needs of the world, as interfaces. Adapters implement them; contract suites in
 * tests/contract run on every implementation.
 */
import type {
  Actor,
  Assurance,
  CommandId,
  Digest,
  Draft,
  Effect,
  Event,
  EventRecord,
  FileId,
  Json,
  Redacted,
  Rejection,
  StreamPath,
  Timestamp,
  ToAgent
} from '../../schema/index.js';
import type { TreeHead } from '../core/record/tree.js';

export type { TreeHead };

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

/** What is written in the place of an erased payload. */
export interface Redaction extends Redacted {
  readonly offset: number;
  /** What is left of the event's data; a value that its type allows. */
  readonly data: unknown;
  readonly payloadHash: Digest;
}

/** Signs the head of the journal's tree. */
export interface CheckpointSigner {
  /** The verifier key in the form of C2SP signed notes. */
  readonly key: string;
  /** The checkpoint as a signed note. */
  sign(head: TreeHead): string;
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
  /** Begins the stream before its first event, for this actor; nothing if somebody has begun it. */
  readonly begunBy?: Actor;
  /** Erases the payload of an earlier event of the stream. */
  readonly redaction?: Redaction;
  /** Replaces the stream's mark. */
  readonly mark?: StreamMark;
  /** Nobody waits for it: it may wait a little for what is written next. */
  readonly patient?: boolean;
}

export interface Appended {
  readonly events: readonly Event[];
  /** Numbers of the stored updates, in the order given. */
  readonly updates: readonly number[];
  /** Settles when all of it is durable; rejects if the journal failed, after which it takes nothing more. */
  readonly durable: Promise<void>;
  /**
   * For whoever has to answer in time: null once it is durable, or why that takes long. It may become
   * durable after that all the same.
   */
  readonly outcome: Promise<Rejection | null>;
}

/** Thrown by a read while the place of the journal cannot be reached. */
export class JournalUnreachable extends Error {
  override readonly name = 'JournalUnreachable';
  constructor(readonly rejection: Rejection) {
    super(rejection.detail);
  }
}

export interface ReadOptions {
  /** Events with a greater offset; default 0. */
  readonly after?: number;
  /** Events with a smaller offset. With `limit` and no `after`: the newest of them, in ascending order. */
  readonly before?: number;
  readonly limit?: number;
  /** Only events of these types; they alone count towards `limit`. */
  readonly types?: readonly Event['type'][];
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
  /** While the disk takes nothing, what is appended waits; ask `trouble` before taking anything new. */
  append(batch: Batch): Appended;
  /**
   * Commits what waits; then all that `work` appends, together with what it writes to the journal's own
   * database itself, is one transaction, durable on return. What `work` throws undoes it and is thrown
   * on. Throws JournalUnreachable while the disk takes nothing. Never inside itself.
   */
  transact<T>(work: (append: (batch: Batch) => readonly Event[]) => T): T;
  /**
   * Commits what waits; then takes the streams out with all that is known of them, idempotency keys
   * included, and appends the batch, in one transaction, durable on return. They begin anew at offset
   * 1. Throws JournalUnreachable while the disk takes nothing.
   */
  remove(streams: readonly StreamPath[], batch: Batch): readonly Event[];
  /**
   * As `remove`, but only events of KEPT_FOR_A_TIME before the offset; `state` makes the batch of how
   * many that are. Offsets stay what they were. Without any nothing happens.
   */
  trim(stream: StreamPath, before: number, state: (events: number) => Batch): readonly Event[];
  /** How many events `trim` would take out. */
  trimmable(stream: StreamPath, before: number): number;
  /** Why nothing new should be taken now, for who asks to append, perhaps this command; null if all is well. */
  trouble(command?: CommandId): Rejection | null;
  /** Ascending by offset. An unknown stream is empty. */
  read(stream: StreamPath, options?: ReadOptions): Event[];
  /** Offset of the newest durable event; 0 for an unknown stream. */
  head(stream: StreamPath): number;
  /** Offset that the next event of the stream gets, behind what is not yet durable. */
  next(stream: StreamPath): number;
  /** What the verifiable record holds of a durable event; undefined for none. */
  record(stream: StreamPath, offset: number): EventRecord | undefined;
  /** The tree over all durable events. */
  tree(): TreeHead;
  /** Who began the stream: the actor of its first event, also when that is gone; undefined if nobody has, durably. */
  begunBy(stream: StreamPath): Actor | undefined;
  /** The durable facts about the stream itself (CONTROL_TYPES), ascending. */
  controls(stream: StreamPath): Event[];
  /** The streams that have any. */
  controlled(): StreamPath[];
  /** The durable cursors of the stream by name. */
  cursors(stream: StreamPath): Record<string, Json>;
  /**
   * Every durable event of the stream after the call, in order; the returned function ends it. `ended`
   * is called if the stream is removed, after which nothing comes.
   */
  subscribe(stream: StreamPath, listener: (event: Event) => void, ended?: () => void): () => void;
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
