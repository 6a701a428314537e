import type { InstanceLog, Shard, TreeId } from './log';

/** The virtual index of the first entry after the given inactive shards: the sum of their lengths. */
export function firstIndexAfter(inactive: readonly Shard[]): number {
  return inactive.reduce((sum, shard) => sum + shard.length, 0);
}

/** The shard list of the log once `current` has become inactive with `length` leaves: it is served last. */
export function afterRotation(inactive: readonly Shard[], current: TreeId, length: number): Shard[] {
  return [...inactive, { treeId: current, length }];
}

/**
 * What is wrong with the shards that an instance has loaded, in plain words; empty when it serves exactly
 * `active` after exactly `inactive`, in order, with these lengths both loaded and live.
 * Rekor computes indexes with the loaded lengths and never reads them again, so one wrong length signs wrong indexes.
 */
export function differencesFrom(loaded: InstanceLog, active: TreeId, inactive: readonly Shard[]): string[] {
  const differences: string[] = [];
  if (loaded.activeTreeId !== active) {
    differences.push(`its active tree is ${loaded.activeTreeId}, not ${active}`);
  }
  const listed = loaded.inactive.map((shard) => shard.treeId);
  const wanted = inactive.map((shard) => shard.treeId);
  if (listed.join() !== wanted.join()) {
    differences.push(`its inactive shards are [${listed.join(', ')}], not [${wanted.join(', ')}]`);
    return differences;
  }
  for (const [position, shard] of inactive.entries()) {
    const report = loaded.inactive[position];
    if (report && report.loadedLength !== shard.length) {
      differences.push(
        `it loaded tree ${shard.treeId} with ${report.loadedLength} entries, not ${shard.length}`,
      );
    }
    if (report && report.liveLength !== shard.length) {
      differences.push(`tree ${shard.treeId} now has ${report.liveLength} entries, not ${shard.length}`);
    }
  }
  return differences;
}
