/**
 * Proofs of RFC 6962 from the journal's database: that a stream is in the tree of a checkpoint, and
 * that a tree begins with an earlier one.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { RecordProof, StreamPath } from '../../schema/index.js';
import { consistencyPath, inclusionPath, type NodeAt } from '../core/record/proofs.js';
import { nodeHashing } from './hashing.js';
import { integer, text } from './rows.js';

/** So many leaves are read at once. */
const LEAVES_AT_ONCE = 2000;
/** Tells which nodes a path is made of, and reads none. */
const UNREAD = { text: () => '', node: () => '' };

/** One for each stream of which the checkpoint covers anything: for the last event that it covers. */
export function inclusionProofs(
  database: DatabaseSync,
  streams: readonly StreamPath[],
  size: number
): RecordProof[] {
  const last = database.prepare(
    `SELECT seq, offset FROM events WHERE stream = (SELECT id FROM streams WHERE path = ?)
     AND seq <= ? ORDER BY offset DESC LIMIT 1`
  );
  const places = streams.flatMap(stream => {
    const row = last.get(stream, size);
    return row ? [{ stream, offset: integer(row, 'offset'), seq: integer(row, 'seq') }] : [];
  });
  const nodes = new Nodes();
  places.forEach(({ seq }) => inclusionPath(UNREAD, nodes.want, seq - 1, size));
  Array.from(nodes.read(database, size));
  return places.map(place => ({
    ...place,
    size,
    path: inclusionPath(nodeHashing, nodes.have, place.seq - 1, size)
  })) as RecordProof[];
}

/**
 * That the tree of `size` events begins with that of `from` events, both from 1. Reads all leaves, in
 * short steps, between which other work goes on.
 */
export async function consistencyProof(
  database: DatabaseSync,
  from: number,
  size: number
): Promise<string[]> {
  const nodes = new Nodes();
  consistencyPath(UNREAD, nodes.want, from, size);
  const steps = nodes.read(database, size);
  while (steps.next().done !== true) {
    await setImmediate();
  }
  return consistencyPath(nodeHashing, nodes.have, from, size);
}

/** Roots of full subtrees: first those that are wanted are noted, then they are read in one pass. */
class Nodes {
  readonly #nodes = new Map<string, string>();

  readonly want: NodeAt = (level, position) => {
    this.#nodes.set(`${level} ${position}`, '');
    return '';
  };

  readonly have: NodeAt = (level, position) => this.#nodes.get(`${level} ${position}`) ?? '';

  /** Goes over the leaves of the tree of `size` events, some at each step. */
  *read(database: DatabaseSync, size: number): Generator<undefined> {
    const leaves = database.prepare(
      `SELECT seq, leaf FROM events WHERE seq > ?1 AND seq <= ?2
       UNION ALL SELECT seq, leaf FROM record_removed WHERE seq > ?1 AND seq <= ?2 ORDER BY seq`
    );
    const open: string[] = [];
    for (let index = 0; index < size; index += LEAVES_AT_ONCE) {
      const rows = leaves.all(index, Math.min(size, index + LEAVES_AT_ONCE));
      rows.forEach((row, at) => this.#take(text(row, 'leaf'), index + at, open));
      yield undefined;
    }
  }

  #take(leaf: string, index: number, open: string[]): void {
    let node = leaf;
    let level = 0;
    for (let position = index; ; position = (position - 1) / 2) {
      const name = `${level} ${position}`;
      if (this.#nodes.has(name)) {
        this.#nodes.set(name, node);
      }
      if (position % 2 === 0) {
        break;
      }
      node = nodeHashing.node(open.pop() ?? '', node);
      level += 1;
    }
    open.push(node);
  }
}
