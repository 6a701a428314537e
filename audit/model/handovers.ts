import type { TreeId } from '../../workflows/model/log';
import type { AuditFinding } from './finding';

/** What is known of a shard and the handover that it may begin with. */
export interface HandingShard {
  readonly treeId: TreeId;
  /** What a handover of this shard's end commits to; lower-case hex. */
  readonly endDigest: string;
  /** What its first entry commits to; null for an empty shard, or an entry of another kind. */
  readonly firstDigest: string | null;
}

export interface HandoverChain {
  /** Boundaries at which the next shard begins with the end of the one before it. */
  readonly handedOver: number;
  readonly boundaries: number;
  readonly findings: readonly AuditFinding[];
}

/**
 * Which shards begin with the end of another one. An entry that commits to anything else is an entry of a client, as far as
 * anybody can tell: a log that was rotated by hand has no handovers.
 *
 * @param shards in served order.
 */
export function handoverChain(address: string, shards: readonly HandingShard[]): HandoverChain {
  const findings: AuditFinding[] = [];
  let handedOver = 0;
  for (const [position, { treeId, firstDigest }] of shards.entries()) {
    const before = shards[position - 1];
    const from = shards.find(({ endDigest }) => endDigest === firstDigest);
    if (!from) continue;
    if (from === before) {
      handedOver += 1;
      continue;
    }
    const served =
      before === undefined ? 'no shard stands before it' : `tree ${before.treeId} stands before it`;
    const what = `it begins with the handover of tree ${from.treeId}, and ${served}`;
    findings.push({ code: 'HANDOVER_OUT_OF_PLACE', address, where: `Shard ${treeId}`, what });
  }
  return { handedOver, boundaries: Math.max(shards.length - 1, 0), findings };
}
