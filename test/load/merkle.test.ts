import fc from 'fast-check';
import { rootFromInclusionProof } from '../../load/merkle';
import { naivePath, naiveRoot } from './naive-merkle-tree';

const treeAndLeaf = fc
  .array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 70 })
  .map((leaves) => leaves.map((leaf) => Buffer.from(leaf)))
  .chain((leaves) => fc.record({ leaves: fc.constant(leaves), index: fc.nat(leaves.length - 1) }));

function leafAt(leaves: readonly Buffer[], index: number): Buffer {
  const leaf = leaves[index];
  if (!leaf) throw new Error(`no leaf ${index}`);
  return leaf;
}

describe('an inclusion proof', () => {
  it('leads to the root that the definition of the tree gives, for every leaf of every tree', () => {
    fc.assert(
      fc.property(treeAndLeaf, ({ leaves, index }) => {
        const hashes = naivePath(index, leaves);
        const root = rootFromInclusionProof(leafAt(leaves, index), {
          index,
          treeSize: leaves.length,
          hashes,
        });
        expect(root).toEqual(naiveRoot(leaves));
      }),
    );
  });

  it('leads elsewhere when one bit of one hash or of the leaf is another', () => {
    fc.assert(
      fc.property(treeAndLeaf, fc.nat(), fc.nat(255), ({ leaves, index }, which, bit) => {
        const hashes = naivePath(index, leaves);
        const leaf = Buffer.concat([leafAt(leaves, index), Buffer.of(7)]);
        const root = naiveRoot(leaves);
        expect(rootFromInclusionProof(leaf, { index, treeSize: leaves.length, hashes })).not.toEqual(root);
        if (hashes.length === 0) return;
        const broken = hashes.map((hash) => Buffer.from(hash));
        const hash = leafAt(broken, which % broken.length);
        hash.writeUInt8(hash.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const other = rootFromInclusionProof(leafAt(leaves, index), {
          index,
          treeSize: leaves.length,
          hashes: broken,
        });
        expect(other).not.toEqual(root);
      }),
    );
  });

  it('is refused when it has a hash too few or too many, or its index is not in the tree', () => {
    fc.assert(
      fc.property(treeAndLeaf, ({ leaves, index }) => {
        const treeSize = leaves.length;
        const leaf = leafAt(leaves, index);
        const hashes = naivePath(index, leaves);
        expect(() =>
          rootFromInclusionProof(leaf, { index, treeSize, hashes: [...hashes, Buffer.alloc(32)] }),
        ).toThrow('more hashes');
        expect(() => rootFromInclusionProof(leaf, { index: treeSize, treeSize, hashes })).toThrow(
          'is not in a tree',
        );
        if (hashes.length > 0) {
          const short = { index, treeSize, hashes: hashes.slice(0, -1) };
          expect(() => rootFromInclusionProof(leaf, short)).toThrow('fewer hashes');
        }
      }),
    );
  });
});
