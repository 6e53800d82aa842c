/** The mirror of a room, as the loop uses it: the sensor that turns updates into facts with authors. */
import type { NotebookState } from '../core/notebook/state.js';
import type { Actor, Assurance, Author, Draft, Json, Timestamp } from '../../schema/index.js';
import type { StoredUpdate } from '../ports.js';

/** Who made an update, and how sure we are. */
export interface Attribution {
  readonly actor: Actor;
  readonly assurance: Assurance;
}

/** Tells the author of each update of one Yjs history. */
export interface Attributor {
  attribute(author: Author, bytes: Uint8Array, requester?: Actor): Attribution;
  /** Learns from an update that was stored before a restart. */
  learn(update: StoredUpdate): void;
}

/** Follows the document of one Yjs history. See agent/room/replica.ts for its promises. */
export interface Replica {
  apply(update: Omit<StoredUpdate, 'epoch'>): Draft[];
  ready(at: Timestamp, author?: Attribution): Draft[];
  settle(now: number): Draft[];
  flush(): Draft[];
  due(): number | null;
  state(): NotebookState;
  isReady(): boolean;
}

export interface ReplicaOptions {
  readonly path: string;
  /** For whom the room came into being; absent if that is not known any more. */
  readonly opener?: Attribution;
  readonly epoch: number;
  readonly known: NotebookState;
  readonly editPause: number;
}

export interface Mirror {
  open(options: ReplicaOptions): Replica;
  resume(
    options: ReplicaOptions & { readonly updates: readonly StoredUpdate[]; readonly ready: boolean }
  ): Replica;
  attributor(hooksTrusted: boolean): Attributor;
  /** nbformat JSON of the document after these updates of one epoch. */
  rebuild(updates: readonly StoredUpdate[]): Json;
}
