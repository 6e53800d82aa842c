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
import type { CellId, Draft, Fact, Timestamp } from '../../schema/index.js';
import { diffCell, diffNotebook, diffOutputs, diffSource } from '../core/notebook/diff.js';
import { evolveNotebook } from '../core/notebook/evolve.js';
import { cellOf } from '../core/notebook/state.js';
import type { CellState, NotebookState } from '../core/notebook/state.js';
import type { StoredUpdate } from '../ports/host.js';
import type { AppliedUpdate, Attribution, Replica, ReplicaOptions } from '../ports/mirror.js';
import { DISK_ACTOR, LOAD_ACTOR, SAVE_ACTOR } from './attribution.js';
import { touchedContent } from './document.js';
import type { Touched } from './document.js';
import { compareStates, lanesOf } from './change.js';
import type { Change } from './change.js';
import { createLanes, laneKey, sameAuthor } from './lanes.js';
import type { Lane, LaneAspect } from './lanes.js';
import { cellStateOf, LiveNotebook } from './live-notebook.js';
import type { LiveState } from './live-notebook.js';

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
  readonly #opener: Attribution | undefined;
  readonly #epoch: number;
  #known: NotebookState;
  #loaded = false;
  /** A peer wrote while the room was loading, or the hooks are not to be trusted. */
  #mixedLoad = false;
  #last = 0;
  #left: Draft[] = [];

  constructor({ path, opener, epoch, known, editPause, isOurs }: ReplicaOptions) {
    this.#live = new LiveNotebook(isOurs);
    this.#path = path;
    this.#opener = opener;
    this.#epoch = epoch;
    this.#known = known;
    this.#lanes = createLanes(editPause);
  }

  apply(update: AppliedUpdate): Draft[] {
    const touched = this.#live.apply(update.bytes);
    this.#last = update.number;
    if (!this.#loaded) {
      this.#noteLoad(update, touched);
      return [];
    }
    const left = this.#takeLeft();
    const before = this.#live.state;
    const after = this.#live.refresh(touched);
    const change = compareStates(before, after);
    const lanes = change.order || change.head ? null : lanesOf(change.cells, update);
    const ended =
      lanes === null ? this.#endedBy(change, update) : this.#lanes.endedBy(lanes, update);
    const drafts = this.#state(ended, before);
    if (lanes === null) {
      const facts = this.#settled(change, after);
      drafts.push(...this.#stateFacts(facts, update));
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
    const first = this.#known.path === null;
    const assurance = this.#mixedLoad ? 'unverified' : 'verified';
    const cause: Attribution = author ?? { actor: first ? LOAD_ACTOR : DISK_ACTOR, assurance };
    const stamp = { at, number: this.#last };
    const from = this.#known.path;
    const renamed: Fact[] =
      first || from === this.#path
        ? []
        : [{ type: 'notebook.renamed', v: 1, data: { from, to: this.#path } }];
    const opened: Fact = {
      type: 'notebook.opened',
      v: 1,
      data: { path: this.#path, epoch: this.#epoch }
    };
    const opener: Attribution = this.#opener ?? { actor: LOAD_ACTOR, assurance };
    const drafts = [
      ...this.#stateFacts(renamed, { ...stamp, ...cause }),
      ...this.#stateFacts([opened], { ...stamp, ...opener })
    ];
    const facts = diffNotebook(this.#known, this.#notebook(this.#live.refresh()));
    return [...drafts, ...this.#stateFacts(facts, { ...stamp, ...cause })];
  }

  settle(now: number): Draft[] {
    return [...this.#takeLeft(), ...this.#state(this.#lanes.dueAt(now), this.#live.state)];
  }

  flush(): Draft[] {
    return [...this.#takeLeft(), ...this.#state(this.#lanes.all(), this.#live.state)];
  }

  due(): number | null {
    return this.#left.length > 0 ? 0 : this.#lanes.due();
  }

  state(): NotebookState {
    return this.#known;
  }

  isReady(): boolean {
    return this.#loaded;
  }

  seemsToRun(cellId: CellId): boolean {
    return this.#live.seemsToRun(cellId);
  }

  /** Applies stored updates; finds what they changed beyond `known`, and by whom. */
  resume(updates: readonly StoredUpdate[], ready: boolean): void {
    const touches = new Map<string, StoredUpdate>();
    for (const update of updates) {
      const before = this.#live.state;
      const touched = this.#live.apply(update.bytes);
      const { cells } = compareStates(before, this.#live.refresh(touched));
      this.#last = update.number;
      if (!ready) {
        this.#noteLoad(update, touched);
      }
      lanesOf(cells, update)?.forEach(lane => touches.set(laneKey(lane), update));
    }
    const last = updates.at(-1);
    if (!ready || last === undefined) {
      return;
    }
    this.#loaded = true;
    const { head, cells } = this.#live.state;
    const settled = cells.map(cell => this.#pendAgain(cellStateOf(cell), touches));
    const rest = diffNotebook(this.#known, { ...this.#known, ...head, cells: settled });
    this.#left = this.#stateFacts(rest, {
      at: last.at,
      number: last.number,
      actor: DISK_ACTOR,
      assurance: 'unverified'
    });
  }

  /** Opens lanes for what the journal lacks of a cell; returns the cell without it. */
  #pendAgain(cell: CellState, touches: ReadonlyMap<string, StoredUpdate>): CellState {
    const { cellId } = cell;
    const known = cellOf(this.#known, cellId);
    if (known === undefined) {
      return cell;
    }
    const pend = (aspect: LaneAspect, facts: readonly Fact[]): boolean => {
      const update = touches.get(laneKey({ cellId, aspect }));
      if (facts.length === 0 || update === undefined) {
        return false;
      }
      this.#lanes.extend({ cellId, aspect }, update);
      return true;
    };
    const source = pend('source', diffSource(known, cell.source)) ? known.source : cell.source;
    const grown = diffOutputs(cellId, known.outputs, cell.outputs);
    const outputs = pend('outputs', grown) ? known.outputs : cell.outputs;
    return { ...cell, source, outputs };
  }

  #noteLoad({ actor, assurance }: AppliedUpdate, touched: Touched): void {
    const byPeer = actor.kind !== 'system' && touchedContent(touched);
    this.#mixedLoad ||= byPeer || assurance === 'unverified';
  }

  #takeLeft(): Draft[] {
    return this.#left.splice(0);
  }

  /** Lanes that must be settled before this change is stated. */
  #endedBy(change: Change, author: Attribution): Lane[] {
    const touched = new Set(change.cells.map(({ cellId }) => cellId));
    const empty = touched.size === 0 && !change.order && !change.head;
    return empty
      ? []
      : this.#lanes.all().filter(lane => touched.has(lane.cellId) || sameAuthor(lane, author));
  }

  /** States what lanes hold, as it was in `live`, and closes them. */
  #state(lanes: readonly Lane[], live: LiveState): Draft[] {
    return lanes.flatMap(lane => {
      this.#lanes.close(lane);
      const known = cellOf(this.#known, lane.cellId);
      const now = live.cells.find(cell => cell.cellId === lane.cellId);
      if (known === undefined || now === undefined) {
        return [];
      }
      const facts =
        lane.aspect === 'source'
          ? diffSource(known, now.body.source)
          : diffOutputs(lane.cellId, known.outputs, cellStateOf(now).outputs);
      return this.#stateFacts(facts, lane);
    });
  }

  /** The facts of a change that waits for nothing. */
  #settled(change: Change, after: LiveState): Fact[] {
    if (change.order || change.head) {
      const read = new Set(change.cells.map(({ cellId }) => cellId));
      return diffNotebook(this.#known, this.#notebook(after, read));
    }
    return change.cells.flatMap(({ cellId, after: cell }) => {
      const known = cellOf(this.#known, cellId);
      return known === undefined || cell === undefined ? [] : diffCell(known, cellStateOf(cell));
    });
  }

  /** The notebook as it is read; cells not in `read` as they are known. */
  #notebook(live: LiveState, read?: ReadonlySet<CellId>): NotebookState {
    const known = new Map(this.#known.cells.map(cell => [cell.cellId, cell]));
    return {
      path: this.#known.path,
      ...live.head,
      cells: live.cells.map(cell =>
        read?.has(cell.cellId) === false
          ? (known.get(cell.cellId) ?? cellStateOf(cell))
          : cellStateOf(cell)
      )
    };
  }

  /** Renames and saves are all that the room's bookkeeping tells. */
  #bookkeeping(touched: Touched, update: AppliedUpdate): Draft[] {
    const path = touched.state.has('path') ? this.#live.bookkeeping('path') : undefined;
    const from = this.#known.path;
    const facts: Fact[] =
      typeof path === 'string' && path !== from
        ? [{ type: 'notebook.renamed', v: 1, data: { from, to: path } }]
        : [];
    const saved = touched.state.has('hash') && update.actor.id === SAVE_ACTOR.id;
    if (!saved || update.actor.kind !== 'system') {
      return this.#stateFacts(facts, update);
    }
    const pending = this.#state(this.#lanes.all(), this.#live.state);
    const to = typeof path === 'string' ? path : (from ?? this.#path);
    facts.push({ type: 'notebook.saved', v: 1, data: { path: to } });
    return [...pending, ...this.#stateFacts(facts, update)];
  }

  /** Facts by one author as drafts, folded into `known`. */
  #stateFacts(facts: readonly Fact[], by: Stamp): Draft[] {
    return facts.map(fact => {
      this.#known = evolveNotebook(this.#known, fact);
      const { at, actor, assurance, number } = by;
      return { ...fact, at, actor, assurance, ...(number > 0 ? { through: number } : {}) };
    });
  }
}

/** Author and time of facts, and the last update that they cover. */
type Stamp = Attribution & { readonly at: Timestamp; readonly number: number };
