/**
 * The Merkle tree of RFC 6962 (section 2.1) over the leaves of the journal. It grows at its end; a
 * frontier, the roots of its full subtrees, is all that has to be kept for that. Digests are
 * hexadecimal.
 */
import type { Hashing } from './leaf.js';

/** How far a tree over leaves has grown; the root in hexadecimal. */
export interface TreeHead {
  readonly size: number;
  readonly root: string;
}

/** A tree that grows, kept as the roots of its full subtrees, largest first. */
export class Frontier {
  readonly #hashing: Hashing;
  readonly #roots: string[];
  #size: number;

  /** Goes on with a tree of `size` leaves; `roots` are as `roots` gave them. */
  constructor(hashing: Hashing, size = 0, roots: readonly string[] = []) {
    this.#hashing = hashing;
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly string[] {
    return this.#roots;
  }

  add(leaf: string): void {
    let node = leaf;
    // Each one at the end of the binary number is a full subtree that the new one completes.
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      node = this.#hashing.node(this.#roots.pop() ?? '', node);
    }
    this.#roots.push(node);
    this.#size += 1;
  }

  /** Merkle tree hash of all leaves so far. */
  root(): string {
    return this.#size === 0
      ? this.#hashing.text('')
      : this.#roots.reduceRight((right, left) => this.#hashing.node(left, right));
  }
}
