import { createHash } from 'node:crypto';

/**
 * Merkle trees of RFC 6962, verified with the algorithms of RFC 9162 (2.1.3.2 and 2.1.4.2), which describe the
 * same trees. Positions are halved instead of shifted: JavaScript's shifts end at 32 bits, a log need not.
 */

export interface InclusionProof {
  /** Index of the leaf in its tree, from 0. */
  readonly leafIndex: number;
  /** Size of the tree that the proof leads to. */
  readonly treeSize: number;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Buffer[];
}

/** A tree's size in leaves and its root. */
export interface MerkleHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Root of the tree without leaves: the hash of nothing. */
export const emptyRoot: Buffer = createHash('sha256').digest();

export function leafHash(leaf: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(leaf).digest();
}

/** Hash of an inner node over its two children. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** The root that the proof leads to from a leaf's hash; null when no tree of that size has such a proof. */
export function rootFromInclusion(leaf: Buffer, proof: InclusionProof): Buffer | null {
  if (proof.leafIndex < 0 || proof.leafIndex >= proof.treeSize) {
    return null;
  }
  const climb = new Climb(proof.leafIndex, proof.treeSize - 1);
  let root = leaf;
  for (const sibling of proof.path) {
    if (climb.atTop) {
      return null;
    }
    root = climb.siblingIsLeft() ? nodeHash(sibling, root) : nodeHash(root, sibling);
    climb.up();
  }
  return climb.atTop ? root : null;
}

/** True when the path proves that `second` only appended to `first`. Every tree is an extension of the empty one. */
export function isConsistent(first: MerkleHead, second: MerkleHead, path: readonly Buffer[]): boolean {
  if (first.size > second.size) {
    return false;
  }
  if (first.size === 0) {
    return path.length === 0 && first.root.equals(emptyRoot);
  }
  if (first.size === second.size) {
    return path.length === 0 && first.root.equals(second.root);
  }
  const climb = new Climb(first.size - 1, second.size - 1);
  climb.skipWhileRightChild();
  const hashes = climb.atLeftEdge ? [first.root, ...path] : path;
  const [seed, ...siblings] = hashes;
  if (seed === undefined) {
    return false;
  }
  let firstRoot = seed;
  let secondRoot = seed;
  for (const sibling of siblings) {
    if (climb.atTop) {
      return false;
    }
    if (climb.siblingIsLeft()) {
      firstRoot = nodeHash(sibling, firstRoot);
      secondRoot = nodeHash(sibling, secondRoot);
    } else {
      secondRoot = nodeHash(secondRoot, sibling);
    }
    climb.up();
  }
  return climb.atTop && firstRoot.equals(first.root) && secondRoot.equals(second.root);
}

/** A walk from a node to the root: the node's position in its level, and that of the level's last node. */
class Climb {
  #position: number;
  #last: number;

  constructor(position: number, last: number) {
    this.#position = position;
    this.#last = last;
  }

  get atTop(): boolean {
    return this.#last === 0;
  }

  get atLeftEdge(): boolean {
    return this.#position === 0;
  }

  /**
   * True when the next sibling in a path stands to the left. A last node that is a left child has no sibling in
   * its level: the walk goes up to where it has one.
   */
  siblingIsLeft(): boolean {
    if (this.#position % 2 === 1) {
      return true;
    }
    if (this.#position !== this.#last) {
      return false;
    }
    while (this.#position !== 0 && this.#position % 2 === 0) {
      this.up();
    }
    return true;
  }

  skipWhileRightChild(): void {
    while (this.#position % 2 === 1) {
      this.up();
    }
  }

  up(): void {
    this.#position = Math.floor(this.#position / 2);
    this.#last = Math.floor(this.#last / 2);
  }
}
