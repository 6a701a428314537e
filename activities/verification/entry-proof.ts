import type { TreeId } from '../../workflows/model/log';
import { verifyCheckpoint, type Checkpoint } from './checkpoint';
import type { LogEntry } from './log-entry';
import type { LogKey } from './log-key';
import { leafHash, rootFromInclusion } from './merkle';
import { prove } from './not-proven';
import { signedEntryTimestampHolds } from './signed-entry-timestamp';

/** What an entry of a shard is measured against. */
export interface ShardTerms {
  readonly treeId: TreeId;
  /** Virtual index of the shard's first leaf. */
  readonly firstIndex: number;
  readonly key: LogKey;
}

/**
 * Proves one answer with our own code: it is the leaf its id says, in this tree, at the virtual index that the
 * shard's place in the log gives it, under a checkpoint and a promise signed by the shard's key.
 * Returns that checkpoint; throws NotProven.
 */
export function proveEntry(entry: LogEntry, shard: ShardTerms): Checkpoint {
  const { proof } = entry;
  prove(
    entry.treeId === shard.treeId,
    'ENTRY_DIFFERS',
    `the entry is of tree ${entry.treeId}, not ${shard.treeId}`,
  );
  const leaf = leafHash(entry.body);
  prove(leaf.toString('hex') === entry.uuid, 'ENTRY_DIFFERS', 'its body does not hash to its UUID');
  prove(
    entry.logIndex === shard.firstIndex + proof.leafIndex,
    'INDEX_DIFFERS',
    `leaf ${proof.leafIndex} after ${shard.firstIndex} earlier entries was answered with index ${entry.logIndex}`,
  );
  prove(
    entry.logId === shard.key.logId,
    'PROMISE_INVALID',
    `its logID ${entry.logId} is not the key's ${shard.key.logId}`,
  );
  const checkpoint = verifyCheckpoint(proof.checkpoint, shard.treeId, shard.key);
  prove(
    checkpoint.size === proof.treeSize && checkpoint.root.equals(proof.root),
    'PROOF_INVALID',
    `its proof is for size ${proof.treeSize} and root ${proof.root.toString('hex')}, ` +
      `its checkpoint for size ${checkpoint.size} and root ${checkpoint.root.toString('hex')}`,
  );
  const root = rootFromInclusion(leaf, proof);
  prove(
    root?.equals(checkpoint.root) === true,
    'PROOF_INVALID',
    'its inclusion proof does not lead to the signed root',
  );
  prove(
    signedEntryTimestampHolds(entry, shard.key),
    'PROMISE_INVALID',
    'its signed entry timestamp does not hold',
  );
  return checkpoint;
}
