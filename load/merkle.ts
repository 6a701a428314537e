import { createHash } from 'node:crypto';

/** The hash of a leaf, RFC 6962 section 2.1: SHA-256 over a zero byte and the leaf. */
export function leafHash(leaf: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(leaf).digest();
}

/** The hash of an inner node, RFC 6962 section 2.1: SHA-256 over a one byte and both children. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

export interface InclusionProof {
  /** Index of the leaf in its tree, from 0. */
  readonly index: number;
  readonly treeSize: number;
  /** Siblings on the way from the leaf to the root. */
  readonly hashes: readonly Buffer[];
}

/**
 * The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2). Throws when the proof has too few or too many
 * hashes for its size, or the index is not in the tree.
 *
 * Written out here, not taken from a library that the rotation uses too: the checker is not the thing checked (H37).
 */
export function rootFromInclusionProof(leaf: Buffer, proof: InclusionProof): Buffer {
  if (!Number.isSafeInteger(proof.index) || proof.index < 0 || proof.index >= proof.treeSize) {
    throw new Error(`index ${proof.index} is not in a tree of ${proof.treeSize} leaves`);
  }
  // Division instead of bit operations: those are 32 bits wide in JavaScript.
  let node = proof.index;
  let last = proof.treeSize - 1;
  let root = leafHash(leaf);
  for (const sibling of proof.hashes) {
    if (last === 0) throw new Error('the proof has more hashes than its size has levels');
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Error('the proof has fewer hashes than its size has levels');
  return root;
}
