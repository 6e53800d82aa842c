/** The tree against the reference vectors of RFC 6962 (certificate-transparency), and its laws. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  rootOfInclusion,
  type NodeAt
} from '../../../agent/core/record/proofs.js';
import { Frontier } from '../../../agent/core/record/tree.js';
import { nodeHashing } from '../../../agent/journal/hashing.js';

const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f'
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
];
const LEAF_1 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const LEAF_4 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const NODE_2_3 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const NODE_4_5 = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const NODE_6_7 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const NODE_4_7 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';

const leafOf = (bytes: Uint8Array) =>
  createHash('sha256').update(Uint8Array.of(0)).update(bytes).digest('hex');
const LEAVES = INPUTS.map(input => leafOf(Buffer.from(input, 'hex')));

/** All full subtrees of these leaves, from the definition. */
const nodesOf =
  (leaves: readonly string[]): NodeAt =>
  (level, position) =>
    level === 0
      ? (leaves[position] ?? '')
      : nodeHashing.node(
          nodesOf(leaves)(level - 1, position * 2),
          nodesOf(leaves)(level - 1, position * 2 + 1)
        );

function rootOf(leaves: readonly string[]): string {
  const frontier = new Frontier(nodeHashing);
  leaves.forEach(leaf => frontier.add(leaf));
  return frontier.root();
}

const sizes = fc.integer({ min: 1, max: 70 });
const many = Array.from({ length: 70 }, (_, index) => leafOf(Uint8Array.of(index)));

describe('the tree of the record', () => {
  it('[V3] has the roots of the reference vectors', () => {
    expect(ROOTS.map((_, size) => rootOf(LEAVES.slice(0, size)))).toEqual(ROOTS);
  });

  it('[V3] has the inclusion proofs of the reference vectors', () => {
    const path = (index: number, size: number) =>
      inclusionPath(nodeHashing, nodesOf(LEAVES), index, size);
    expect(path(0, 1)).toEqual([]);
    expect(path(0, 8)).toEqual([LEAF_1, NODE_2_3, NODE_4_7]);
    expect(path(5, 8)).toEqual([LEAF_4, NODE_6_7, ROOTS[4]]);
    expect(path(2, 3)).toEqual([ROOTS[2]]);
    expect(path(1, 5)).toEqual([ROOTS[1], NODE_2_3, LEAF_4]);
  });

  it('[V3] has the consistency proofs of the reference vectors', () => {
    const path = (earlier: number, size: number) =>
      consistencyPath(nodeHashing, nodesOf(LEAVES), earlier, size);
    expect(path(1, 1)).toEqual([]);
    expect(path(1, 8)).toEqual([LEAF_1, NODE_2_3, NODE_4_7]);
    expect(path(6, 8)).toEqual([NODE_4_5, NODE_6_7, ROOTS[4]]);
    expect(path(2, 5)).toEqual([NODE_2_3, LEAF_4]);
  });

  it('[V3] goes on from a kept frontier', () => {
    fc.assert(
      fc.property(sizes, sizes, (first, more) => {
        const kept = new Frontier(nodeHashing);
        many.slice(0, first).forEach(leaf => kept.add(leaf));
        const next = new Frontier(nodeHashing, kept.size, kept.roots);
        const rest = many.slice(first, first + more);
        rest.forEach(leaf => next.add(leaf));
        expect(next.root()).toBe(rootOf(many.slice(0, first + more)));
      })
    );
  });

  it('[V3] proves every leaf of every tree, and nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, which, other) => {
        const index = which % size;
        const leaves = many.slice(0, size);
        const path = inclusionPath(nodeHashing, nodesOf(leaves), index, size);
        const proven = (at: number, leaf: string) =>
          rootOfInclusion(nodeHashing, { leaf, index: at, size, path }) === rootOf(leaves);
        expect(proven(index, leaves[index] ?? '')).toBe(true);
        expect(proven(index, ROOTS[0] ?? '')).toBe(false);
        if (other % size !== index) {
          expect(proven(other % size, leaves[index] ?? '')).toBe(false);
        }
      })
    );
  });

  it('[V3] proves that a tree begins with an earlier one, and with no other', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, which) => {
        const earlier = (which % size) + 1;
        const path = consistencyPath(nodeHashing, nodesOf(many), earlier, size);
        const from = { size: earlier, root: rootOf(many.slice(0, earlier)) };
        const to = { size, root: rootOf(many.slice(0, size)) };
        expect(isConsistent(nodeHashing, from, to, path)).toBe(true);
        const forged = { ...from, root: rootOf([...many.slice(0, earlier - 1), ROOTS[0] ?? '']) };
        expect(isConsistent(nodeHashing, forged, to, path)).toBe(false);
      })
    );
  });
});
