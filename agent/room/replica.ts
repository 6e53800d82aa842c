/**
 * The mirror of one open room: takes the updates that the tap saw, in order and with their authors,
 * and states what happened to the notebook. No clock inside.
 *
 * Guarantees: the drafts, folded over `known`, give the notebook as it is in the room once nothing
 * is pending; every draft has the one author of the updates that it covers. Typing in a cell's
 * source and the outputs of a run wait in a lane until a pause, so that they read well; nobody
 * else's change ever gets into that lane. A lane is settled from what was read before the update
 * that ends it.
 */
import type { CellId, DocumentClock, Draft, Fact, Timestamp } from '../../schema/index.js';
import { diffNotebook } from '../core/notebook/diff.js';
import type { NotebookState } from '../core/notebook/state.js';
import type { StoredUpdate } from '../ports/host.js';
import type {
  AppliedUpdate,
  Attribution,
  Replica,
  ReplicaOptions,
  TakenUpdate
} from '../ports/mirror.js';
import { DISK_ACTOR, SAVE_ACTOR } from './attribution.js';
import type { Touched } from './document.js';
import { compareStates, endedByStating, lanesOf } from './change.js';
import { LastTouches } from './last-touches.js';
import { createLanes, type Lane } from './lanes.js';
import { cellStateOf, LiveNotebook, type LiveState } from './live-notebook.js';
import { RoomOpening } from './room-opening.js';
import { StatedNotebook } from './stated-notebook.js';

/** The mirror of a room that was just opened: its document is empty, and it is loading. */
export function openReplica(options: ReplicaOptions): Replica {
  return new RoomReplica(options);
}

/**
 * The mirror of a room that the host knew before it was restarted. `updates`: every stored update of
 * the epoch, ascending. `ready`: `notebook.opened` of this epoch is journaled. What had been pending
 * is pending again, with its author.
 */
export function resumeReplica(
  options: ReplicaOptions & { readonly updates: readonly StoredUpdate[]; readonly ready: boolean }
): Replica {
  const replica = new RoomReplica(options);
  replica.resume(options.updates, options.ready);
  return replica;
}

class RoomReplica implements Replica {
  readonly #live: LiveNotebook;
  readonly #lanes;
  readonly #path: string;
  readonly #opening: RoomOpening;
  readonly #stated: StatedNotebook;
  #loaded = false;
  #last = 0;
  /** Found when it was resumed, and not given yet. */
  #left: Draft[] = [];

  constructor(options: ReplicaOptions) {
    const { path, known, editPause, isOurs } = options;
    this.#live = new LiveNotebook(isOurs);
    this.#path = path;
    this.#opening = new RoomOpening(options);
    this.#stated = new StatedNotebook(known);
    this.#lanes = createLanes(editPause);
  }

  take(bytes: Uint8Array): TakenUpdate {
    const touched = this.#live.apply(bytes);
    return {
      writtenFor: this.#live.writtenFor(touched),
      tell: update => this.#tell({ ...update, bytes }, touched)
    };
  }

  apply(update: AppliedUpdate): Draft[] {
    return this.take(update.bytes).tell(update);
  }

  #tell(update: AppliedUpdate, touched: Touched): Draft[] {
    this.#last = update.number;
    if (!this.#loaded) {
      this.#opening.note(update, touched);
      return [];
    }
    const left = this.#left.splice(0);
    const before = this.#live.state;
    const after = this.#live.refresh(touched);
    const change = compareStates(before, after, touched);
    const lanes = change.order || change.head ? null : lanesOf(change.cells, update);
    const ended =
      lanes === null
        ? endedByStating(change, update, this.#lanes.all())
        : this.#lanes.endedBy(lanes, update);
    const drafts = this.#state(ended, before);
    if (lanes === null) {
      drafts.push(...this.#stated.take(this.#stated.lacksOf(change, after), update));
    } else {
      lanes.forEach(lane => this.#lanes.extend(lane, update));
    }
    return [...left, ...drafts, ...this.#bookkeeping(touched, update)];
  }

  ready(at: Timestamp, author?: Attribution): Draft[] {
    if (this.#loaded) {
      return [];
    }
    this.#loaded = true;
    const stamp = { at, number: this.#last, author };
    return this.#opening.state(this.#stated, this.#live.refresh(), stamp);
  }

  settle(now: number): Draft[] {
    return [...this.#left.splice(0), ...this.#state(this.#lanes.dueAt(now), this.#live.state)];
  }

  flush(): Draft[] {
    return [...this.#left.splice(0), ...this.#state(this.#lanes.all(), this.#live.state)];
  }

  due(): number | null {
    return this.#left.length > 0 ? 0 : this.#lanes.due();
  }

  state(): NotebookState {
    return this.#stated.state;
  }

  isReady(): boolean {
    return this.#loaded;
  }

  has(written: DocumentClock): boolean {
    return this.#live.has(written);
  }

  seemsToRun(cellId: CellId): boolean {
    return this.#live.seemsToRun(cellId);
  }

  /** Applies stored updates; finds what they changed beyond `known`, and by whom. */
  resume(updates: readonly StoredUpdate[], ready: boolean): void {
    const touches = new LastTouches();
    for (const update of updates) {
      const before = this.#live.state;
      const touched = this.#live.apply(update.bytes);
      const { cells } = compareStates(before, this.#live.refresh(touched), touched);
      this.#last = update.number;
      if (!ready) {
        this.#opening.note(update, touched);
      }
      touches.note(cells, update);
    }
    const last = updates.at(-1);
    if (!ready || last === undefined) {
      return;
    }
    this.#loaded = true;
    const known = this.#stated.state;
    const { head, cells } = this.#live.state;
    const settled = cells.map(live => {
      const cell = cellStateOf(live);
      const before = this.#stated.cell(cell.cellId);
      return before === undefined ? cell : touches.pendAgain(cell, before, this.#lanes);
    });
    const rest = diffNotebook(known, { ...known, ...head, cells: settled });
    const { at, number } = last;
    const byDisk = { at, number, actor: DISK_ACTOR, assurance: 'unverified' } as const;
    this.#left = this.#stated.take(rest, byDisk);
  }

  /** States what lanes hold, as it was in `live`, and closes them. */
  #state(lanes: readonly Lane[], live: LiveState): Draft[] {
    return lanes.flatMap(lane => {
      this.#lanes.close(lane);
      return this.#stated.take(this.#stated.lacksInLane(lane, live), lane);
    });
  }

  /** Renames and saves are all that the room's bookkeeping tells. */
  #bookkeeping(touched: Touched, update: AppliedUpdate): Draft[] {
    const path = touched.state.has('path') ? this.#live.bookkeeping('path') : undefined;
    const from = this.#stated.state.path;
    const facts: Fact[] =
      typeof path === 'string' && path !== from
        ? [{ type: 'notebook.renamed', v: 1, data: { from, to: path } }]
        : [];
    const saved = touched.state.has('hash') && update.actor.id === SAVE_ACTOR.id;
    if (!saved || update.actor.kind !== 'system') {
      return this.#stated.take(facts, update);
    }
    const pending = this.#state(this.#lanes.all(), this.#live.state);
    const to = typeof path === 'string' ? path : (from ?? this.#path);
    facts.push({ type: 'notebook.saved', v: 1, data: { path: to } });
    return [...pending, ...this.#stated.take(facts, update)];
  }
}
