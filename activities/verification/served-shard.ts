import { entries } from '../../workflows/model/counted';
import type { Shard, TreeId } from '../../workflows/model/log';
import { verifyCheckpoint, type Checkpoint } from './checkpoint';
import type { ShardTerms } from './entry-proof';
import type { LogAnswer, TreeAnswer } from './log-api';
import type { LogReader } from './log-reader';
import type { LogKey } from './log-key';
import type { MerkleHead } from './merkle';
import { prove } from './not-proven';
import { TreeHeads } from './tree-heads';

/**
 * A shard as an address serves it, with every tree head it has been seen under. A log that shows two roots for
 * one size, or a head that does not extend an earlier one, has rewritten itself.
 */
export class ServedShard implements ShardTerms {
  readonly treeId: TreeId;
  readonly firstIndex: number;
  readonly key: LogKey;
  readonly #heads: TreeHeads;

  /**
   * @param size leaves when the verification began; final for an inactive shard, also where the log shows another length.
   * @param checkpoint the signed note that was shown first, as it came.
   */
  constructor(
    { treeId, firstIndex, key }: ShardTerms,
    readonly size: number,
    readonly isActive: boolean,
    readonly checkpoint: string,
  ) {
    this.treeId = treeId;
    this.firstIndex = firstIndex;
    this.key = key;
    this.#heads = new TreeHeads(treeId);
  }

  /** How many different heads of this tree were proven to be signed. */
  get headsSeen(): number {
    return this.#heads.count;
  }

  /** Those heads, by size. */
  get heads(): readonly MerkleHead[] {
    return this.#heads.heads;
  }

  /** Takes a head whose signature was proven; throws NotProven when it contradicts another one, or the shard's end. */
  see(head: MerkleHead): void {
    prove(
      this.isActive || head.size === this.size,
      'LENGTH_DIFFERS',
      `inactive tree ${this.treeId} of ${entries(this.size)} was signed with size ${head.size}`,
    );
    this.#heads.see(head);
  }

  /** Proves that each head extends the one before it, by the log's own consistency proofs. */
  async proveAppendOnly(reader: Pick<LogReader, 'consistency'>, signal: AbortSignal): Promise<void> {
    await this.#heads.proveAppendOnly((firstSize, lastSize) =>
      reader.consistency(this.treeId, firstSize, lastSize, signal),
    );
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
