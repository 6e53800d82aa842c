/** Whether an export of some streams is what the checkpoint in it signed. */
import type { Event, EventRecord, RecordProof, StreamPath } from '../../../schema/index.js';
import type { StreamEnd } from './check-places.js';
import { missing, type Fault } from './fault.js';
import type { Hashing } from './leaf.js';
import { rootOfInclusion } from './proofs.js';
import type { TreeHead } from './tree.js';

export class CheckedProofs {
  readonly #hashing: Hashing;
  readonly #proofs = new Map<StreamPath, RecordProof>();

  constructor(hashing: Hashing) {
    this.#hashing = hashing;
  }

  /** Proofs come before the events. */
  add(proof: RecordProof): void {
    this.#proofs.set(proof.stream, proof);
  }

  /** The proof of this event, if there is one, leads elsewhere than to the signed root. */
  disproven(
    { stream, offset }: Event,
    { leaf, seq }: EventRecord,
    { size, root }: TreeHead
  ): Fault | null {
    const proof = this.#proofs.get(stream);
    if (proof?.offset !== offset) {
      return null;
    }
    const { path } = proof;
    if (
      proof.size === size &&
      rootOfInclusion(this.#hashing, { leaf, index: seq - 1, size, path }) === root
    ) {
      return null;
    }
    const why = `one of the events up to offset ${offset}, or of the journal that they were exported from, was altered: they are not those that were signed`;
    return { ...missing({ stream, offset: 1 }), why };
  }

  /** The first stream of which something that was signed is not here, or not proven. */
  unproven(ends: ReadonlyMap<StreamPath, StreamEnd>): Fault | null {
    for (const [stream, { offset }] of this.#proofs) {
      const end = ends.get(stream)?.offset ?? 0;
      if (end < offset) {
        return missing({ stream, offset: end + 1 });
      }
    }
    for (const [stream, { covered }] of ends) {
      const proven = this.#proofs.get(stream)?.offset ?? 0;
      if (covered > proven) {
        const why = 'the checkpoint covers it, but nothing proves that';
        return { ...missing({ stream, offset: proven + 1 }), why };
      }
    }
    return null;
  }
}
