import type { KeyObject } from 'node:crypto';
import type { Entry } from './entry';
import { leafHash, rootFromInclusionProof } from './merkle';
import { logIdOf, openCheckpoint, verifySignature } from './signed-note';

/**
 * Proves that the entry is the acknowledged leaf and is in its tree: the body hashes to the UUID, the inclusion proof
 * leads to the root of the checkpoint beside it, and the log has signed that checkpoint, for this tree.
 * Throws, with the reason, when one of it is not so.
 */
export function proveInclusion(
  entry: Entry,
  acknowledged: { readonly uuid: string; readonly treeId: string },
  key: KeyObject,
): void {
  const leaf = Buffer.from(entry.body, 'base64');
  if (leafHash(leaf).toString('hex') !== acknowledged.uuid)
    throw new Error('its body does not hash to its UUID');
  const checkpoint = openCheckpoint(entry.proof.checkpoint, key);
  if (!checkpoint.origin.endsWith(` - ${acknowledged.treeId}`)) {
    throw new Error(`its checkpoint is of "${checkpoint.origin}", not of tree ${acknowledged.treeId}`);
  }
  if (checkpoint.size !== entry.proof.treeSize) {
    throw new Error(`its proof is for ${entry.proof.treeSize} leaves, its checkpoint for ${checkpoint.size}`);
  }
  const root = rootFromInclusionProof(leaf, {
    index: entry.proof.leafIndex,
    treeSize: entry.proof.treeSize,
    hashes: entry.proof.hashes.map((hash) => Buffer.from(hash, 'hex')),
  }).toString('hex');
  if (root !== checkpoint.rootHash) throw new Error('its proof does not lead to the root of its checkpoint');
}

/**
 * Proves that the log has signed this entry for this index: the signed entry timestamp is over the canonical JSON of
 * body, time, key and index (rekor:pkg/api/entries.go, signEntry). Throws when it is not so.
 */
export function provePromise(entry: Entry, key: KeyObject): void {
  if (entry.logId !== logIdOf(key)) throw new Error("its promise names another key than the log's");
  const { body, integratedTime, logId: logID, logIndex } = entry;
  // RFC 8785: members in the order of their names, no space.
  const signed = Buffer.from(JSON.stringify({ body, integratedTime, logID, logIndex }));
  if (!verifySignature(key, signed, Buffer.from(entry.signedEntryTimestamp, 'base64'))) {
    throw new Error("its promise is not signed by the log's key");
  }
}
