import { isYounger } from '../../workflows/model/drain';
import type { TreeId } from '../../workflows/model/log';
import type { AuditFinding } from './finding';

/** The ends of a shard that has entries; times are seconds since the epoch. */
export interface ShardTimes {
  readonly treeId: TreeId;
  readonly firstIndex: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

/**
 * Neighbours whose times contradict their order. Of two trees that took writes at once it is the one trace that lasts (H40).
 *
 * @param shards in served order, without those that are empty.
 * @param clockDifferenceMs how far the clocks of two signers may be apart.
 */
export function disorderOfTimes(
  address: string,
  shards: readonly ShardTimes[],
  clockDifferenceMs: number,
): AuditFinding[] {
  return shards.flatMap((after, position): AuditFinding[] => {
    const before = shards[position - 1];
    const younger = (one: number, other: number): boolean =>
      isYounger(one * 1000, other * 1000, clockDifferenceMs);
    if (!before || !younger(before.lastTime, after.firstTime)) return [];
    const where = `The boundary at index ${after.firstIndex}`;
    if (before.firstTime >= after.lastTime) {
      const what = `all of tree ${before.treeId} (${span(before)}) is younger than all of tree ${after.treeId} behind it (${span(after)})`;
      return [{ code: 'SHARD_ORDER_WRONG', address, where, what }];
    }
    const what =
      `the last entry of tree ${before.treeId} (${iso(before.lastTime)}) is younger than the first of tree ` +
      `${after.treeId} (${iso(after.firstTime)}): both took writes at once, or a signer's clock was wrong`;
    return [{ code: 'OVERLAP', address, where, what }];
  });
}

function span({ firstTime, lastTime }: ShardTimes): string {
  return `${iso(firstTime)} to ${iso(lastTime)}`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
