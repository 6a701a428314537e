import type { TreeId } from '../../workflows/model/log';
import type { Served, SignedKey, SignedLeaf } from '../../workflows/model/signed-evidence';
import type { LogEntry } from './log-entry';
import type { ServedShard } from './served-shard';

/** What was proven of a leaf; undefined where it was not read. */
type ProvenLeaf = (treeId: TreeId, leafIndex: number) => LogEntry | undefined;

/**
 * What an address served, to be proven again by others. Undefined where something of it is missing: the active tree is empty,
 * or what was found wrong was passed over.
 */
export function servedEvidence(shards: readonly ServedShard[], leaf: ProvenLeaf): Served | undefined {
  const active = shards.at(-1);
  const first = active?.isActive ? leaf(active.treeId, 0) : undefined;
  if (!active || !first) {
    return undefined;
  }
  return {
    keys: keysOf(shards, leaf),
    inactive: shards.slice(0, -1).map(({ treeId, size, key, checkpoint }) => ({
      ...{ treeId, length: size, logId: key.logId, checkpoint },
    })),
    active: { treeId: active.treeId, logId: active.key.logId },
    firstLeaf: signedLeaf(first),
  };
}

/** Each key once, in the order of the shards. */
function keysOf(shards: readonly ServedShard[], leaf: ProvenLeaf): SignedKey[] {
  const logIds = [...new Set(shards.map(({ key }) => key.logId))];
  return logIds.flatMap((logId) => {
    const signed = shards.filter(({ key }) => key.logId === logId);
    const times = signed.flatMap(({ treeId }) => leaf(treeId, 0)?.integratedTime ?? []);
    const der = signed[0]?.key.key.export({ type: 'spki', format: 'der' }).toString('base64');
    return der === undefined ? [] : [{ logId, der, since: times.length > 0 ? Math.min(...times) : null }];
  });
}

function signedLeaf({ body, integratedTime, logIndex, signedEntryTimestamp, proof }: LogEntry): SignedLeaf {
  return {
    body: body.toString('base64'),
    integratedTime,
    logIndex,
    signedEntryTimestamp: signedEntryTimestamp.toString('base64'),
    checkpoint: proof.checkpoint,
    path: proof.path.map((hash) => hash.toString('hex')),
  };
}
