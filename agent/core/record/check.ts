/**
 * Checks a record line by line, from nothing but the lines themselves and the journal's public key.
 * It stops at the first event that was altered, removed or put elsewhere, and names it. It keeps one
 * leaf for each stream, so the length of a journal does not matter.
 */
import type { Event, EventRecord, ExportLine } from '../../../schema/index.js';
import { alterationOf } from './check-event.js';
import { CheckedPlaces } from './check-places.js';
import { CheckedProofs } from './check-proofs.js';
import { CheckedStatements } from './check-statements.js';
import { faultOf, missing, type Fault } from './fault.js';
import type { Hashing } from './leaf.js';
import { Frontier, type TreeHead } from './tree.js';

/** What a signed note says, or why it is none of this journal's. */
export type CheckedNote = TreeHead | { readonly problem: string };

export interface CheckOptions {
  readonly hashing: Hashing;
  /** Reads a note and checks its signature with the journal's key. */
  readonly readNote: (note: string) => CheckedNote;
  /** The lines are those of the whole journal, not of some streams. */
  readonly whole: boolean;
  /** A whole journal has to begin with the tree of this checkpoint, which was kept elsewhere. */
  readonly kept?: TreeHead;
}

/** What was checked so far. */
export interface Tally {
  readonly events: number;
  readonly streams: number;
  /** Events whose payload was erased. */
  readonly erased: number;
  /** Events that were taken out, of which the leaf is left. */
  readonly removed: number;
  readonly checkpoints: number;
  /** Events behind the newest checkpoint: nothing signed covers them yet. */
  readonly uncovered: number;
}

type RemovedEvent = Extract<ExportLine, { removed: unknown }>['removed'];

export class RecordCheck {
  readonly #options: CheckOptions;
  readonly #frontier: Frontier;
  readonly #places: CheckedPlaces;
  readonly #proofs: CheckedProofs;
  readonly #statements = new CheckedStatements();
  #signed: TreeHead = { size: 0, root: '' };
  #newest: string | null = null;
  #events = 0;
  #uncovered = 0;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#frontier = new Frontier(options.hashing);
    this.#places = new CheckedPlaces(options.whole);
    this.#proofs = new CheckedProofs(options.hashing);
  }

  /** Takes the next line; the fault that it shows, or null. After a fault no more may be taken. */
  take(line: ExportLine): Fault | null {
    if ('event' in line) {
      return this.#takeEvent(line.event, line.record);
    }
    if ('removed' in line) {
      return this.#takeRemoved(line.removed);
    }
    if ('proof' in line) {
      this.#proofs.add(line.proof);
    } else if ('checkpoint' in line && this.#places.gap === null) {
      return this.#options.whole
        ? this.#takeCheckpoint(line.checkpoint)
        : this.#takeNewest(line.checkpoint);
    }
    return null;
  }

  /** The newest note that was found good; null for none. */
  get newest(): string | null {
    return this.#newest;
  }

  /** The fault that only the end shows, or null. `last`: place of an event that has to be there. */
  finish(last = 0): Fault | null {
    const { gap, ends } = this.#places;
    if (gap !== null) {
      return missing({ seq: gap });
    }
    if (!this.#options.whole) {
      const cut = this.#places.lastSeq < last ? missing({ seq: last }) : null;
      return this.#proofs.unproven(ends) ?? cut ?? this.#statements.open();
    }
    const next = this.#frontier.size + 1;
    // Behind what a checkpoint covers its own event follows.
    const least = Math.max(last, (this.#options.kept?.size ?? -1) + 1);
    return next <= least ? missing({ seq: next }) : this.#statements.open();
  }

  tally(): Tally {
    const { erased, removed, checkpoints } = this.#statements;
    return {
      ...{ erased, removed, checkpoints },
      events: this.#events,
      streams: this.#places.ends.size,
      uncovered: this.#uncovered
    };
  }

  #takeEvent(event: Event, record: EventRecord): Fault | null {
    const misplaced = this.#places.take(event, record);
    if (misplaced !== null || this.#places.gap !== null) {
      return misplaced;
    }
    const { offset, stream } = event;
    const { leaf, seq } = record;
    const end = this.#places.endOf(stream);
    const why = alterationOf(this.#options.hashing, event, record, end.leaf);
    if (why !== null) {
      return faultOf(event, record, why);
    }
    this.#events += 1;
    if (this.#options.whole) {
      this.#uncovered += 1;
      this.#places.ends.set(stream, { offset, leaf, covered: 0 });
      return this.#grow(leaf) ?? this.#takeStatement(event, record);
    }
    const isCovered = seq <= this.#signed.size;
    this.#uncovered += isCovered ? 0 : 1;
    this.#places.ends.set(stream, { offset, leaf, covered: isCovered ? offset : end.covered });
    const disproven = this.#proofs.disproven(event, record, this.#signed);
    return disproven ?? this.#statements.takePart(event, record);
  }

  #takeStatement(event: Event, record: EventRecord): Fault | null {
    if (event.type === 'stream.deleted') {
      // A stream that begins anew begins with offset 1.
      const { path, children } = event.data;
      [path, ...children].forEach(gone => this.#places.ends.delete(gone));
    }
    return this.#statements.take(event, record);
  }

  /** It was taken out: only its leaf is left, and an event that says so comes later. */
  #takeRemoved(removed: RemovedEvent): Fault | null {
    const { stream, offset, leaf } = removed;
    const misplaced = this.#places.take({ stream, offset, type: null }, removed);
    if (misplaced !== null || this.#places.gap !== null) {
      return misplaced;
    }
    this.#places.ends.set(stream, { ...this.#places.endOf(stream), offset, leaf });
    this.#statements.takeRemoved(removed);
    return this.#grow(leaf);
  }

  /** The next leaf of a whole journal. */
  #grow(leaf: string): Fault | null {
    this.#frontier.add(leaf);
    const { kept } = this.#options;
    if (kept?.size !== this.#frontier.size || kept.root === this.#frontier.root()) {
      return null;
    }
    const why = `one of the events 1 to ${kept.size} of the journal was altered with its leaf: they are not those that the checkpoint you kept signs`;
    return { ...missing({ seq: 1 }), why };
  }

  /** In an export of some streams it stands before them. */
  #takeNewest(note: string): Fault | null {
    const read = this.#options.readNote(note);
    if ('problem' in read) {
      return { ...missing({}), why: `the checkpoint cannot be trusted: ${read.problem}` };
    }
    this.#signed = read;
    this.#newest = note;
    this.#statements.checkpoints += 1;
    return null;
  }

  /** In a whole journal it stands behind the last event that it covers; its event comes later. */
  #takeCheckpoint(note: string): null {
    const read = this.#options.readNote(note);
    if ('problem' in read) {
      this.#statements.checkpointed(note, { why: read.problem });
    } else if (read.size !== this.#frontier.size || read.root !== this.#frontier.root()) {
      const first = this.#signed.size + 1;
      const why = `one of the events ${first} to ${read.size} of the journal was altered with its leaf: they are not those that were signed`;
      this.#statements.checkpointed(note, { why, seq: first });
    } else {
      this.#signed = read;
      this.#newest = note;
      this.#uncovered = 0;
      this.#statements.checkpointed(note, null);
    }
    return null;
  }
}
