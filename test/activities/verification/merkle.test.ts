import fc from 'fast-check';
import {
  emptyRoot,
  isConsistent,
  leafHash,
  rootFromInclusion,
} from '../../../activities/verification/merkle';
import { consistencyPath, inclusionPath, treeRoot } from './merkle-tree';

const leaves = fc
  .array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 40 })
  .map((bytes) => bytes.map((leaf) => Buffer.from(leaf)));

function at<Item>(items: readonly Item[], position: number): Item {
  const item = items[position];
  if (item === undefined) {
    throw new Error(`nothing at ${position}`);
  }
  return item;
}

function flip(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const position = Math.floor(bit / 8) % bytes.length;
  flipped.writeUInt8(flipped.readUInt8(position) ^ (1 << (bit % 8)), position);
  return flipped;
}

describe('inclusion proofs', () => {
  test('every leaf of any tree is proven under its root', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (tree, pick) => {
        const leafIndex = pick % tree.length;
        const proof = { leafIndex, treeSize: tree.length, path: inclusionPath(leafIndex, tree) };
        expect(rootFromInclusion(leafHash(at(tree, leafIndex)), proof)).toEqual(treeRoot(tree));
      }),
    );
  });

  test('one flipped bit in a proof or a leaf leads to another root', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), fc.nat(255), (tree, pick, part, bit) => {
        const leafIndex = pick % tree.length;
        const hashes = [leafHash(at(tree, leafIndex)), ...inclusionPath(leafIndex, tree)];
        const [leaf = emptyRoot, ...path] = hashes.map((hash, position) =>
          position === part % hashes.length ? flip(hash, bit) : hash,
        );
        const root = rootFromInclusion(leaf, { leafIndex, treeSize: tree.length, path });
        expect(root).not.toEqual(treeRoot(tree));
      }),
    );
  });

  test('a proof for another index or with a hash too many or too few is no proof', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (tree, pick) => {
        const leafIndex = pick % tree.length;
        const path = inclusionPath(leafIndex, tree);
        const leaf = leafHash(at(tree, leafIndex));
        const treeSize = tree.length;
        const longer = [...path, emptyRoot];
        expect(rootFromInclusion(leaf, { leafIndex, treeSize, path: longer })).toBeNull();
        expect(rootFromInclusion(leaf, { leafIndex: treeSize, treeSize, path })).toBeNull();
        if (path.length > 0) {
          expect(rootFromInclusion(leaf, { leafIndex, treeSize, path: path.slice(1) })).not.toEqual(
            treeRoot(tree),
          );
        }
      }),
    );
  });

  test('positions beyond 32 bits are computed without loss', () => {
    const treeSize = 2 ** 40 + 1;
    const leaf = leafHash(Buffer.from('last'));
    const left = leafHash(Buffer.from('a perfect tree of 2^40 leaves'));
    const proof = { leafIndex: 2 ** 40, treeSize, path: [left] };
    expect(rootFromInclusion(leaf, proof)).not.toBeNull();
    expect(rootFromInclusion(leaf, { ...proof, path: [left, left] })).toBeNull();
  });
});

describe('consistency proofs', () => {
  const pair = fc.tuple(leaves, fc.nat()).map(([tree, pick]) => ({ tree, first: 1 + (pick % tree.length) }));
  const head = (tree: readonly Buffer[]) => ({ size: tree.length, root: treeRoot(tree) });

  test('any tree is proven to extend each of its beginnings', () => {
    fc.assert(
      fc.property(pair, ({ tree, first }) => {
        const path = consistencyPath(first, tree);
        expect(isConsistent(head(tree.slice(0, first)), head(tree), path)).toBe(true);
      }),
    );
  });

  test('a tree whose beginning was rewritten is not', () => {
    fc.assert(
      fc.property(pair, fc.nat(), ({ tree, first }, pick) => {
        const rewritten = tree.map((leaf, index) =>
          index === pick % first ? Buffer.concat([leaf, Buffer.of(0)]) : leaf,
        );
        const path = consistencyPath(first, rewritten);
        expect(isConsistent(head(tree.slice(0, first)), head(rewritten), path)).toBe(false);
      }),
    );
  });

  test('one flipped bit in the proof fails it', () => {
    fc.assert(
      fc.property(pair, fc.nat(), fc.nat(255), ({ tree, first }, part, bit) => {
        const honest = consistencyPath(first, tree);
        fc.pre(honest.length > 0);
        const path = honest.map((hash, position) =>
          position === part % honest.length ? flip(hash, bit) : hash,
        );
        expect(isConsistent(head(tree.slice(0, first)), head(tree), path)).toBe(false);
      }),
    );
  });

  test('every tree extends the empty one, and none shrinks', () => {
    const one = head([Buffer.from('leaf')]);
    const empty = { size: 0, root: emptyRoot };
    expect(isConsistent(empty, one, [])).toBe(true);
    expect(isConsistent({ size: 0, root: one.root }, one, [])).toBe(false);
    expect(isConsistent(one, empty, [])).toBe(false);
  });
});
