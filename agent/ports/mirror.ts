/** The mirror of a room, as an interface: the sensor that turns updates into facts with authors. */
import type { LinkCheck } from '../core/notebook/output.js';
import type { NotebookState } from '../core/notebook/state.js';
import type {
  Actor,
  Assurance,
  Author,
  CellId,
  DocumentClock,
  Draft,
  Json,
  Timestamp
} from '../../schema/index.js';
import type { StoredUpdate } from './host.js';

/** Who made an update, and how sure we are. */
export interface Attribution {
  readonly actor: Actor;
  readonly assurance: Assurance;
}

/** Tells the author of each update of one Yjs history. */
export interface Attributor {
  /** `requester`: of the run for which the update says it was written; counts for a runtime's live update. */
  attribute(author: Author, bytes: Uint8Array, requester?: Actor): Attribution;
  /** Learns from an update that was stored before a restart of the host. */
  learn(update: StoredUpdate): void;
}

/** What a replica starts from. */
export interface ReplicaOptions {
  /** Path of the file, below the server's root. */
  readonly path: string;
  /** For whom the room came into being; absent if that is not known any more. */
  readonly opener?: Attribution;
  readonly epoch: number;
  /** The fold of the stream's journaled events. */
  readonly known: NotebookState;
  /** Silence that ends a burst of typing, in ms. */
  readonly editPause: number;
  /** Whether a link of an output is one that we gave; none is, if absent. */
  readonly isOurs?: LinkCheck;
}

/** An update with its author; `number` as the journal will store it. */
export type AppliedUpdate = Omit<StoredUpdate, 'epoch'>;

/** An update that the document has and nothing was told of yet. */
export interface TakenUpdate {
  /** The run for which it says that it was written; undefined if it says none. */
  readonly writtenFor: string | undefined;
  /** What it changed, by this author; to be called once, before the next update. */
  tell(update: Omit<AppliedUpdate, 'bytes'>): Draft[];
}

/** The host's copy of the document of one Yjs history, and what it has to say. */
export interface Replica {
  /** Takes an update of which the author is still to be found. */
  take(bytes: Uint8Array): TakenUpdate;
  /** Takes an update. Journal it together with the drafts that come back, in one batch. */
  apply(update: AppliedUpdate): Draft[];
  /** The room is loaded. `author`: of what changed since `known`, if it was not the load. */
  ready(at: Timestamp, author?: Attribution): Draft[];
  /** What is due at `now`, in ms since the epoch. */
  settle(now: number): Draft[];
  /** Everything that is pending: before a run, at its end, at close, at shutdown. */
  flush(): Draft[];
  /** When `settle` will have something, in ms since the epoch; null if nothing is pending. */
  due(): number | null;
  /** The fold of every draft so far over `known`. */
  state(): NotebookState;
  /** Whether the document says of this cell that it runs; no fact tells it. */
  seemsToRun(cellId: CellId): boolean;
  /** Has the room been loaded? Before that nothing is stated. */
  isReady(): boolean;
  /** Whether everything has arrived that this client had changed at that clock. */
  has(written: DocumentClock): boolean;
}

export interface Mirror {
  /** For a room that was just opened: its document is empty, and it is loading. */
  open(options: ReplicaOptions): Replica;
  /**
   * For a room that the host knew before it was restarted. `updates`: every stored update of the
   * epoch, ascending. `ready`: `notebook.opened` of this epoch is journaled. What had been pending is
   * pending again, with its author.
   */
  resume(
    options: ReplicaOptions & { readonly updates: readonly StoredUpdate[]; readonly ready: boolean }
  ): Replica;
  /** One that has seen nothing. `hooksTrusted` false: nothing is verified. */
  attributor(hooksTrusted: boolean): Attributor;
  /** nbformat JSON of the document after these updates of one epoch. */
  rebuild(updates: readonly StoredUpdate[]): Json;
}
