/**
 * Proofs about the tree: that a leaf is in it (inclusion), that it begins with an earlier one
 * (consistency). RFC 6962, section 2.1, made here; checked as RFC 9162 says. Digests are hexadecimal.
 */
import type { Hashing } from './leaf.js';
import type { TreeHead } from './tree.js';

/** The root of the full subtree of 2^level leaves that begins at leaf `position` * 2^level. */
export type NodeAt = (level: number, position: number) => string;

/** Proof that the leaf with this index (from 0) is in the tree of `size` leaves. */
export function inclusionPath(
  hashing: Hashing,
  nodeAt: NodeAt,
  index: number,
  size: number
): string[] {
  const path: string[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const split = start + halfOf(end - start);
    if (index < split) {
      path.push(rangeHash(hashing, nodeAt, split, end));
      end = split;
    } else {
      path.push(rangeHash(hashing, nodeAt, start, split));
      start = split;
    }
  }
  return path.reverse();
}

/** Proof that the tree of `size` leaves begins with that of `earlier` leaves; both from 1. */
export function consistencyPath(
  hashing: Hashing,
  nodeAt: NodeAt,
  earlier: number,
  size: number
): string[] {
  const path: string[] = [];
  let start = 0;
  let end = size;
  // Whether what is left of the earlier tree is the earlier tree as a whole.
  let whole = true;
  while (earlier < end) {
    const split = start + halfOf(end - start);
    if (earlier <= split) {
      path.push(rangeHash(hashing, nodeAt, split, end));
      end = split;
    } else {
      path.push(rangeHash(hashing, nodeAt, start, split));
      start = split;
      whole = false;
    }
  }
  if (!whole) {
    path.push(rangeHash(hashing, nodeAt, start, end));
  }
  return path.reverse();
}

/** The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); undefined if its shape is wrong. */
export function rootOfInclusion(
  hashing: Hashing,
  proof: {
    readonly leaf: string;
    readonly index: number;
    readonly size: number;
    readonly path: readonly string[];
  }
): string | undefined {
  let { index, leaf: node } = proof;
  let last = proof.size - 1;
  if (index > last) {
    return undefined;
  }
  for (const sibling of proof.path) {
    if (last === 0) {
      return undefined;
    }
    if (index % 2 === 1 || index === last) {
      node = hashing.node(sibling, node);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else {
      node = hashing.node(node, sibling);
    }
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}

/** Whether a consistency proof leads from the one root to the other (RFC 9162, 2.1.4.2). */
export function isConsistent(
  hashing: Hashing,
  from: TreeHead,
  to: TreeHead,
  path: readonly string[]
): boolean {
  if (from.size === to.size) {
    return path.length === 0 && from.root === to.root;
  }
  const isPower = Number.isInteger(Math.log2(from.size));
  const [first, ...rest] = isPower ? [from.root, ...path] : path;
  if (from.size < 1 || from.size > to.size || first === undefined) {
    return false;
  }
  let place = from.size - 1;
  let last = to.size - 1;
  while (place % 2 === 1) {
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  let earlier = first;
  let later = first;
  for (const sibling of rest) {
    if (last === 0) {
      return false;
    }
    if (place % 2 === 1 || place === last) {
      earlier = hashing.node(sibling, earlier);
      later = hashing.node(sibling, later);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      later = hashing.node(later, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && earlier === from.root && later === to.root;
}

/** The largest power of two that is smaller. */
function halfOf(size: number): number {
  let half = 1;
  while (half * 2 < size) {
    half *= 2;
  }
  return half;
}

function rangeHash(hashing: Hashing, nodeAt: NodeAt, start: number, end: number): string {
  const size = end - start;
  const level = Math.log2(size);
  if (Number.isInteger(level)) {
    return nodeAt(level, start / size);
  }
  const split = start + halfOf(size);
  return hashing.node(
    rangeHash(hashing, nodeAt, start, split),
    rangeHash(hashing, nodeAt, split, end)
  );
}
