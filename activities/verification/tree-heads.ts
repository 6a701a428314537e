import type { TreeId } from '../../workflows/model/log';
import { emptyRoot, isConsistent, type MerkleHead } from './merkle';
import { NotProven, prove } from './not-proven';

/** Asks a log for a consistency proof of one of its trees. */
export type AskConsistency = (firstSize: number, lastSize: number) => Promise<Buffer[]>;

/** The signed heads of one tree, from whomever they came. */
export class TreeHeads {
  readonly treeId: TreeId;
  readonly #roots = new Map<number, Buffer>();

  constructor(treeId: TreeId) {
    this.treeId = treeId;
  }

  /** How many different ones were seen. */
  get count(): number {
    return this.#roots.size;
  }

  /** All of them, by size. */
  get heads(): MerkleHead[] {
    return [...this.#roots]
      .map(([size, root]): MerkleHead => ({ size, root }))
      .sort((one, other) => one.size - other.size);
  }

  /** Takes a head whose signature was proven; throws NotProven when there is another root for its size. */
  see({ size, root }: MerkleHead): void {
    const known = this.#roots.get(size);
    prove(
      known === undefined || known.equals(root),
      'ROOT_DIFFERS',
      `tree ${this.treeId} was signed with two roots for size ${size}: ` +
        `${known?.toString('hex') ?? ''} and ${root.toString('hex')}`,
    );
    prove(
      size > 0 || root.equals(emptyRoot),
      'ROOT_DIFFERS',
      `tree ${this.treeId} has the root ${root.toString('hex')} without any entry`,
    );
    this.#roots.set(size, root);
  }

  /** Proves that each head extends the one before it; gives the number of proofs. Throws NotProven. */
  async proveAppendOnly(ask: AskConsistency): Promise<number> {
    let before: MerkleHead | undefined;
    let proofs = 0;
    for (const head of this.heads.filter(({ size }) => size > 0)) {
      if (before) {
        if (!isConsistent(before, head, await ask(before.size, head.size))) {
          const what = `tree ${this.treeId} of size ${head.size} is not proven to extend itself of size ${before.size}`;
          throw new NotProven('NOT_APPEND_ONLY', what);
        }
        proofs += 1;
      }
      before = head;
    }
    return proofs;
  }
}
