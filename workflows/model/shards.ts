import { entries } from './counted';
import type { InstanceLog, Shard, TreeId } from './log';

/** The virtual index of the first entry after the given inactive shards: the sum of their lengths. */
export function firstIndexAfter(inactive: readonly Shard[]): number {
  return inactive.reduce((sum, shard) => sum + shard.length, 0);
}

/** The shard list of the log once `current` has become inactive with `length` leaves: it is served last. */
export function afterRotation(inactive: readonly Shard[], current: TreeId, length: number): Shard[] {
  return [...inactive, { treeId: current, length }];
}

/** What a Rekor process serves, and computes every index with. */
export interface LoadedShards {
  readonly activeTreeId: TreeId;
  /** In served order, each with the length that the process loaded when it started. */
  readonly inactive: readonly Shard[];
}

/** Whether both are the same trees in the same order with the same lengths. */
export function sameShards(one: LoadedShards, other: LoadedShards): boolean {
  return loadedDifferences(one, other).length === 0;
}

/**
 * What a process has loaded otherwise than wanted, in plain words; empty when it computes with exactly the wanted shards.
 * Rekor never reads them again (rekor: pkg/sharding/ranges.go), so one wrong length signs wrong indexes until it ends.
 */
export function loadedDifferences(loaded: LoadedShards, wanted: LoadedShards): string[] {
  const differences: string[] = [];
  if (loaded.activeTreeId !== wanted.activeTreeId) {
    differences.push(`its active tree is ${loaded.activeTreeId}, not ${wanted.activeTreeId}`);
  }
  const [listed, expected] = [treeIdsOf(loaded), treeIdsOf(wanted)];
  if (listed !== expected) {
    return [...differences, `its inactive shards are [${listed}], not [${expected}]`];
  }
  for (const [position, { treeId, length }] of wanted.inactive.entries()) {
    const found = loaded.inactive[position]?.length;
    if (found !== length) {
      differences.push(
        `it loaded tree ${treeId} with ${found === undefined ? 'no entries' : entries(found)}, not ${length}`,
      );
    }
  }
  return differences;
}

function treeIdsOf({ inactive }: LoadedShards): string {
  return inactive.map(({ treeId }) => treeId).join(', ');
}

/**
 * The length that a process loaded for an inactive shard: line 2 of the checkpoint that it signed at its start (rekor:
 * pkg/api/api.go); `treeSize` beside it is live. Undefined for a text that is no checkpoint.
 */
export function loadedLength(signedTreeHead: string): number | undefined {
  const line = signedTreeHead.split('\n')[1] ?? '';
  const length = /^\d+$/.test(line) ? Number(line) : NaN;
  return Number.isSafeInteger(length) ? length : undefined;
}

/**
 * What is wrong with the shards of an instance, in plain words; empty when it serves exactly `active` after exactly
 * `inactive`, in order, with these lengths both loaded and live.
 */
export function differencesFrom(loaded: InstanceLog, active: TreeId, inactive: readonly Shard[]): string[] {
  const found = {
    activeTreeId: loaded.activeTreeId,
    inactive: loaded.inactive.map(({ treeId, loadedLength: length }) => ({ treeId, length })),
  };
  const live = inactive.flatMap(({ treeId, length }, position) => {
    const report = loaded.inactive[position];
    return report?.treeId === treeId && report.liveLength !== length
      ? [`tree ${treeId} now has ${entries(report.liveLength)}, not ${length}`]
      : [];
  });
  return [...loadedDifferences(found, { activeTreeId: active, inactive }), ...live];
}
