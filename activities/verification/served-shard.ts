import { entries } from '../../workflows/model/counted';
import type { Shard, TreeId } from '../../workflows/model/log';
import { verifyCheckpoint, type Checkpoint } from './checkpoint';
import type { ShardTerms } from './entry-proof';
import type { LogAnswer, LogReader, TreeAnswer } from './log-reader';
import type { LogKey } from './log-key';
import { emptyRoot, isConsistent, type MerkleHead } from './merkle';
import { prove } from './not-proven';

/**
 * A shard as an address serves it, with every tree head it has been seen under. A log that shows two roots for
 * one size, or a head that does not extend an earlier one, has rewritten itself.
 */
export class ServedShard implements ShardTerms {
  readonly treeId: TreeId;
  readonly firstIndex: number;
  readonly key: LogKey;
  readonly #heads = new Map<number, Buffer>();

  /** @param size leaves when the verification began; final for an inactive shard, also where the log shows another length. */
  constructor(
    { treeId, firstIndex, key }: ShardTerms,
    readonly size: number,
    readonly isActive: boolean,
  ) {
    this.treeId = treeId;
    this.firstIndex = firstIndex;
    this.key = key;
  }

  /** How many different heads of this tree were proven to be signed. */
  get headsSeen(): number {
    return this.#heads.size;
  }

  /** Takes a head whose signature was proven; throws NotProven when it contradicts another one, or the shard's end. */
  see(head: MerkleHead): void {
    const known = this.#heads.get(head.size);
    prove(
      known === undefined || known.equals(head.root),
      'ROOT_DIFFERS',
      `tree ${this.treeId} was signed with two roots for size ${head.size}: ` +
        `${known?.toString('hex') ?? ''} and ${head.root.toString('hex')}`,
    );
    prove(
      this.isActive || head.size === this.size,
      'LENGTH_DIFFERS',
      `inactive tree ${this.treeId} of ${entries(this.size)} was signed with size ${head.size}`,
    );
    prove(
      head.size > 0 || head.root.equals(emptyRoot),
      'ROOT_DIFFERS',
      `tree ${this.treeId} has the root ${head.root.toString('hex')} without any entry`,
    );
    this.#heads.set(head.size, head.root);
  }

  /** Proves that each head extends the one before it, by the log's own consistency proofs. */
  async proveAppendOnly(reader: LogReader, signal: AbortSignal): Promise<void> {
    const heads = [...this.#heads]
      .map(([size, root]): MerkleHead => ({ size, root }))
      .filter((head) => head.size > 0)
      .sort((one, other) => one.size - other.size);
    for (const [position, second] of heads.entries()) {
      const first = heads[position - 1];
      if (first) {
        const path = await reader.consistency(this.treeId, first.size, second.size, signal);
        prove(
          isConsistent(first, second, path),
          'NOT_APPEND_ONLY',
          `tree ${this.treeId} of size ${second.size} is not proven to extend itself of size ${first.size}`,
        );
      }
    }
  }
}

/** Proves that the address serves exactly these shards, in this order. */
export function proveShardList(answer: LogAnswer, active: TreeId, inactive: readonly Shard[]): void {
  prove(
    answer.active.treeId === active,
    'SHARD_LIST_DIFFERS',
    `its active tree is ${answer.active.treeId}, not ${active}`,
  );
  const served = answer.inactive.map((shard) => shard.treeId).join(', ');
  const expected = inactive.map((shard) => shard.treeId).join(', ');
  prove(served === expected, 'SHARD_LIST_DIFFERS', `its inactive shards are [${served}], not [${expected}]`);
}

/**
 * Proves what an address says of a tree: a checkpoint of this tree signed by its key, of the size and root that
 * it reports live. For an inactive shard the checkpoint is the length that the process computes indexes with
 * (rekor pkg/api/api.go cachedCheckpoints, since 1.3.9), and the live size what Trillian holds (H29).
 */
export function proveTreeHead(answer: TreeAnswer, key: LogKey): Checkpoint {
  const checkpoint = verifyCheckpoint(answer.checkpoint, answer.treeId, key);
  prove(
    checkpoint.size === answer.size,
    'LENGTH_DIFFERS',
    `it loaded or signed ${entries(checkpoint.size)}, but the tree has ${answer.size} now`,
  );
  const root = checkpoint.root.toString('hex');
  prove(
    root === answer.rootHash,
    'ROOT_DIFFERS',
    `its checkpoint has the root ${root}, but the tree ${answer.rootHash} now`,
  );
  return checkpoint;
}
