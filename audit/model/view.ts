import type { TreeId } from '../../workflows/model/log';

/** A tree as one answer of `GET /api/v1/log` has it. */
export interface ViewedTree {
  readonly treeId: TreeId;
  /** The length that the process computes indexes with: that of its signed checkpoint. Of the active tree its size. */
  readonly loaded: number;
  /** The size that the tree had when the process was asked. */
  readonly live: number;
  /** Of the size `live`; lower-case hex. */
  readonly root: string;
}

/** What one process serves: its trees in served order, the active one last. */
export interface View {
  /** Base URL. */
  readonly address: string;
  readonly trees: readonly ViewedTree[];
}

/** A leaf of a tree. */
export interface Place {
  readonly treeId: TreeId;
  /** From 0, in its tree. */
  readonly leaf: number;
}

/** A tree and the virtual index of its first leaf. */
export interface PlacedTree extends ViewedTree {
  readonly firstIndex: number;
  readonly isActive: boolean;
}

/** The trees with the indexes that a process computes for them (rekor: pkg/sharding/log_index.go). */
export function placedTrees({ trees }: Pick<View, 'trees'>): PlacedTree[] {
  let firstIndex = 0;
  return trees.map((tree, position) => {
    const placed = { ...tree, firstIndex, isActive: position === trees.length - 1 };
    firstIndex += tree.loaded;
    return placed;
  });
}

/** Where a process looks for a virtual index: what is left behind the inactive shards is of the active tree. */
export function placeOf(view: Pick<View, 'trees'>, index: number): Place | undefined {
  const tree = placedTrees(view).find(
    ({ firstIndex, loaded, isActive }) => isActive || index < firstIndex + loaded,
  );
  return tree && { treeId: tree.treeId, leaf: index - tree.firstIndex };
}

/** How many entries a process has indexes for. */
export function sizeOf({ trees }: Pick<View, 'trees'>): number {
  return trees.reduce((sum, { loaded }) => sum + loaded, 0);
}

/** The first index under which two processes look for different leaves; undefined when there is none below both ends. */
export function firstContested(one: View, other: View): number | undefined {
  const end = Math.max(sizeOf(one), sizeOf(other));
  // Places change only where a tree begins.
  const begins = [one, other].flatMap((view) => placedTrees(view).map(({ firstIndex }) => firstIndex));
  return begins
    .filter((index) => index < end)
    .sort((first, second) => first - second)
    .find((index) => !samePlace(placeOf(one, index), placeOf(other, index)));
}

function samePlace(one: Place | undefined, other: Place | undefined): boolean {
  return one?.treeId === other?.treeId && one?.leaf === other?.leaf;
}
