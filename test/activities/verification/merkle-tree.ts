import { createHash } from 'node:crypto';

/** RFC 6962's recursive definitions, word for word: slow, and nothing like the code under test. */

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** MTH(D[n]), section 2.1. */
export function treeRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) {
    return sha256();
  }
  if (leaves.length === 1) {
    return sha256(Buffer.of(0), only);
  }
  const split = splitOf(leaves.length);
  return sha256(Buffer.of(1), treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

/** PATH(m, D[n]), section 2.1.1. */
export function inclusionPath(leaf: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) {
    return [];
  }
  const split = splitOf(leaves.length);
  return leaf < split
    ? [...inclusionPath(leaf, leaves.slice(0, split)), treeRoot(leaves.slice(split))]
    : [...inclusionPath(leaf - split, leaves.slice(split)), treeRoot(leaves.slice(0, split))];
}

/** PROOF(m, D[n]), section 2.1.2. */
export function consistencyPath(first: number, leaves: readonly Buffer[]): Buffer[] {
  return subproof(first, leaves, true);
}

function subproof(first: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
  if (first === leaves.length) {
    return whole ? [] : [treeRoot(leaves)];
  }
  const split = splitOf(leaves.length);
  return first <= split
    ? [...subproof(first, leaves.slice(0, split), whole), treeRoot(leaves.slice(split))]
    : [...subproof(first - split, leaves.slice(split), false), treeRoot(leaves.slice(0, split))];
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) {
    split *= 2;
  }
  return split;
}
