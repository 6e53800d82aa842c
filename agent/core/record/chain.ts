/**
 * The record while it is written: gives each event of the journal its place, salt and leaf. The same
 * for every storage. What it keeps in memory follows from what is stored, so it can be made anew at
 * any time from `Stored`.
 */
import type { Event, StreamPath } from '../../../schema/index.js';
import { canonical, inOrder } from './canonical.js';
import { leafHash, payloadHash, type Hashing } from './leaf.js';
import type { Frontier } from './tree.js';

/** What the chain goes on from. */
export interface Stored {
  readonly frontier: Frontier;
  /** Leaf of the event at this offset of a stream, also if the event itself was taken out. */
  readonly leafAt: (stream: StreamPath, offset: number) => string;
}

/** An event as it is stored: its texts of JSON, and its record. */
export interface Link {
  readonly seq: number;
  readonly salt: string;
  readonly leaf: string;
  readonly payloadHash: string;
  readonly previous: string;
  readonly actor: string;
  readonly data: string;
}

/** So many actors have their canonical text in memory. */
const ACTORS = 1000;

export class RecordChain {
  readonly #hashing: Hashing;
  readonly #salt: () => string;
  readonly #stored: Stored;
  readonly #lastLeaves = new Map<StreamPath, string>();
  readonly #actors = new Map<string, string>();

  /** `salt` gives 32 new hexadecimal digits by chance. */
  constructor(hashing: Hashing, salt: () => string, stored: Stored) {
    this.#hashing = hashing;
    this.#salt = salt;
    this.#stored = stored;
  }

  /** Size and root of the tree, with everything that was added. */
  get frontier(): Frontier {
    return this.#stored.frontier;
  }

  /** The next event of the journal. */
  add(event: Event): Link {
    const { stream, offset } = event;
    const { frontier, leafAt } = this.#stored;
    const seq = frontier.size + 1;
    const before = () => this.#lastLeaves.get(stream) ?? leafAt(stream, offset - 1);
    const previous = offset === 1 ? '' : before();
    const salt = this.#salt();
    const data = JSON.stringify(event.data);
    const hash = payloadHash(
      this.#hashing,
      salt,
      inOrder(event.data) ? data : canonical(event.data)
    );
    const actor = JSON.stringify(event.actor);
    const leaf = leafHash(this.#hashing, event, {
      payloadHash: hash,
      previous,
      seq,
      actor: this.#canonicalActor(actor, event)
    });
    frontier.add(leaf);
    this.#lastLeaves.set(stream, leaf);
    return { seq, salt, leaf, payloadHash: hash, previous, actor, data };
  }

  /** The stream was removed: what is added to it now begins anew. */
  forget(stream: StreamPath): void {
    this.#lastLeaves.delete(stream);
  }

  #canonicalActor(text: string, { actor }: Event): string {
    const known = this.#actors.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.#actors.size >= ACTORS) {
      this.#actors.clear();
    }
    const made = canonical(actor);
    this.#actors.set(text, made);
    return made;
  }
}
