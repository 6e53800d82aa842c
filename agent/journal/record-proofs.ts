/** Inclusion proofs of streams in the tree of a checkpoint, from the journal's database. */
import type { DatabaseSync } from 'node:sqlite';
import type { RecordProof, StreamPath } from '../../schema/index.js';
import { inclusionPath, type NodeAt } from '../core/record/tree.js';
import { nodeHashing } from './hashing.js';
import { integer, text } from './rows.js';

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
  const nodes = new Map<string, string>();
  const want: NodeAt = (level, position) => {
    nodes.set(`${level} ${position}`, '');
    return '';
  };
  const have: NodeAt = (level, position) => nodes.get(`${level} ${position}`) ?? '';
  const unread = { text: () => '', node: () => '' };
  places.forEach(({ seq }) => inclusionPath(unread, want, seq - 1, size));
  readNodes(database, size, nodes);
  return places.map(place => ({
    ...place,
    size,
    path: inclusionPath(nodeHashing, have, place.seq - 1, size)
  })) as RecordProof[];
}

/** Fills in the roots of the full subtrees that are asked for, in one pass over the leaves. */
function readNodes(database: DatabaseSync, size: number, nodes: Map<string, string>): void {
  const open: string[] = [];
  const leaves = database.prepare(
    `SELECT seq, leaf FROM events WHERE seq <= ?1
     UNION ALL SELECT seq, leaf FROM record_removed WHERE seq <= ?1 ORDER BY seq`
  );
  let index = 0;
  for (const row of leaves.iterate(size)) {
    let node = text(row, 'leaf');
    let level = 0;
    for (let position = index; ; position = (position - 1) / 2) {
      const name = `${level} ${position}`;
      if (nodes.has(name)) {
        nodes.set(name, node);
      }
      if (position % 2 === 0) {
        break;
      }
      node = nodeHashing.node(open.pop() ?? '', node);
      level += 1;
    }
    open.push(node);
    index += 1;
  }
}
