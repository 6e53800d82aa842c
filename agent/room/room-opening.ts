/**
 * How a room was opened: who wrote while it was loading, and what is stated once it is ready. Guarantees:
 * what a peer may have written meanwhile is not called verified.
 */
import type { Draft, Fact, Timestamp } from '../../schema/index.js';
import type { AppliedUpdate, Attribution, ReplicaOptions } from '../ports/mirror.js';
import { DISK_ACTOR, LOAD_ACTOR } from './attribution.js';
import { touchedContent } from './document.js';
import type { Touched } from './document.js';
import type { LiveState } from './live-notebook.js';
import type { StatedNotebook } from './stated-notebook.js';

export class RoomOpening {
  readonly #path: string;
  readonly #epoch: number;
  readonly #opener: Attribution | undefined;
  /** A peer wrote while the room was loading, or the hooks are not to be trusted. */
  #mixed = false;

  constructor({ path, epoch, opener }: Pick<ReplicaOptions, 'epoch' | 'opener' | 'path'>) {
    this.#path = path;
    this.#epoch = epoch;
    this.#opener = opener;
  }

  /** An update came while the room was loading. */
  note({ actor, assurance }: AppliedUpdate, touched: Touched): void {
    const byPeer = actor.kind !== 'system' && touchedContent(touched);
    this.#mixed ||= byPeer || assurance === 'unverified';
  }

  /**
   * States that the room is open, and what was read in it. `author`: of what differs from what was known;
   * the disk if undefined. `number`: of the last update.
   */
  state(
    stated: StatedNotebook,
    live: LiveState,
    { at, number, author }: { at: Timestamp; number: number; author: Attribution | undefined }
  ): Draft[] {
    const path = this.#path;
    const from = stated.state.path;
    const first = from === null;
    const assurance = this.#mixed ? 'unverified' : 'verified';
    const cause: Attribution = author ?? { actor: first ? LOAD_ACTOR : DISK_ACTOR, assurance };
    const stamp = { at, number };
    const renamed: Fact[] =
      first || from === path ? [] : [{ type: 'notebook.renamed', v: 1, data: { from, to: path } }];
    const opened: Fact = { type: 'notebook.opened', v: 1, data: { path, epoch: this.#epoch } };
    const drafts = [
      ...stated.take(renamed, { ...stamp, ...cause }),
      ...stated.take([opened], { ...stamp, ...(this.#opener ?? { actor: LOAD_ACTOR, assurance }) })
    ];
    return [...drafts, ...stated.take(stated.lacks(live), { ...stamp, ...cause })];
  }
}
