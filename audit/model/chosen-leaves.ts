import type { PlacedTree } from './view';

/** Which entries are read besides a sample of each shard: none, the last ones of the log, or all. */
export type Reading =
  | { readonly kind: 'sample' }
  | { readonly kind: 'last'; readonly entries: number }
  | { readonly kind: 'all' };

/** A run of leaves of one tree, from the first to the one before `end`. */
export interface Leaves {
  readonly tree: PlacedTree;
  readonly from: number;
  readonly end: number;
}

/** The leaves of each tree that are read one after the other. */
export function wholeRuns(trees: readonly PlacedTree[], reading: Reading): Leaves[] {
  if (reading.kind === 'sample') return [];
  const total = trees.reduce((sum, { loaded }) => sum + loaded, 0);
  const firstIndex = reading.kind === 'all' ? 0 : total - reading.entries;
  return trees.flatMap((tree) => {
    const from = Math.max(firstIndex - tree.firstIndex, 0);
    return from < tree.loaded ? [{ tree, from, end: tree.loaded }] : [];
  });
}
